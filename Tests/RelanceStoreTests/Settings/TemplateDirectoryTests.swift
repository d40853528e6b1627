import Foundation
import RelanceCore
import RelanceStore
import Testing

@Suite struct TemplateDirectoryTests {
    private func folder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        try Fixture.withFolder { folder in
            for (name, text) in files {
                let url = URL(filePath: folder).appending(path: name)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: url)
            }
            try body(folder)
        }
    }

    @Test func `templates and partials are found by language, in order, and nothing else`() throws {
        let files = [
            "fr/digest.email.txt": "a", "fr/partials/footer.txt": "b", "en/digest.email.html": "c",
            "fr/.digest.email.txt.swp": "x", "README.md": "x", "fr/partials/deeper/still.txt": "x",
        ]
        try folder(files) { folder in
            let directory = TemplateDirectory(folder)
            #expect(directory.issues == [])
            #expect(
                directory.sources == [
                    TemplateSource(name: "en/digest.email.html", text: "c"),
                    TemplateSource(name: "fr/digest.email.txt", text: "a"),
                    TemplateSource(name: "fr/partials/footer.txt", text: "b"),
                ])
        }
    }

    @Test func `a file that is not UTF-8 is named, and the others are read`() throws {
        try folder(["fr/digest.email.txt": "a"]) { folder in
            try Data([0x50, 0xE9]).write(to: URL(filePath: folder + "/fr/escalation.email.txt"))
            let directory = TemplateDirectory(folder)
            #expect(
                directory.issues.map(\.description) == [
                    "\(folder)/fr/escalation.email.txt: not UTF-8: save the file with that encoding"
                ])
            #expect(directory.sources.count == 1)
        }
    }

    @Test func `a folder that is not there is one issue`() {
        #expect(
            TemplateDirectory("/no/templates").issues.map(\.description)
                == ["/no/templates: cannot be read: No such file or directory"])
    }
}
