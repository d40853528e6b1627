import Foundation
import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

/// The files of reliability 3.10 that cannot be used: each was good before, its last good copy stands in, what is wrong is
/// told with its place, and the files beside it are used as ever.
@Suite struct `Bad input, files` {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// Behind the name of the file.
        let sentence: String
        /// Whether somebody may still be writing it.
        let mayBeHalfWritten: Bool
        let file: String
        /// Puts what is bad in the place of the good file, given its path.
        let put: @Sendable (String) throws -> Void

        private init(
            _ name: String, _ sentence: String, halfWritten: Bool, file: String,
            _ put: @escaping @Sendable (String) throws -> Void
        ) {
            (testDescription, self.sentence, self.file, self.put) = (name, sentence, file, put)
            mayBeHalfWritten = halfWritten
        }

        /// A file of these bytes.
        static func bytes(
            _ name: String, _ bytes: [UInt8], _ sentence: String, halfWritten: Bool = false,
            file: String = "b.json"
        ) -> Row {
            Row(name, sentence, halfWritten: halfWritten, file: file) {
                try Data(bytes).write(to: URL(filePath: $0))
            }
        }

        static func text(
            _ name: String, _ text: String, _ sentence: String, halfWritten: Bool = false,
            file: String = "b.json"
        ) -> Row {
            bytes(name, Array(text.utf8), sentence, halfWritten: halfWritten, file: file)
        }

        /// What is no file of text at all; it takes the good one's place.
        static func thing(
            _ name: String, _ sentence: String, _ make: @escaping @Sendable (String) -> Int32
        ) -> Row {
            Row(name, sentence, halfWritten: false, file: "b.json") { path in
                try FileManager.default.removeItem(atPath: path)
                #expect(make(path) == 0)
            }
        }
    }

    private static let empty = ":1:1: there is no JSON in it"
    private static let shapes = "expected an array of cases, {\"cases\": […]}, or one case"

    /// A case with bytes in a name that are no text; they stand at column 106.
    private static func named(_ bytes: UInt8...) -> [UInt8] {
        Array("{\(essentials("B")), \"contact\": {\"last_name\": \"Du".utf8) + bytes + Array("pont\"}}".utf8)
    }

    @Test(arguments: [
        Row.text("J1 empty", "", empty, halfWritten: true),
        .text("J1 no line", "", empty, halfWritten: true, file: "b.jsonl"),
        .text("J2 white space", " \r\n\t\n", empty, halfWritten: true),
        .text("J2 no line but blank ones", "\n \n", empty, halfWritten: true, file: "b.jsonl"),
        .text("J2 a byte order mark", "\u{FEFF}", empty, halfWritten: true),
        .bytes(
            "J4 a byte order mark of UTF-16", [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00],
            ":1:1: not UTF-8, looks like UTF-16"),
        .bytes("J4 UTF-16", [0x5B, 0x00, 0x5D, 0x00], ":1:1: not UTF-8, looks like UTF-16"),
        .bytes(
            "J4 lines of UTF-16", [0xFF, 0xFE, 0x7B, 0x00, 0x0A, 0x00, 0x7B, 0x00],
            ":1:1: not UTF-8, looks like UTF-16", file: "b.jsonl"),
        .text(
            "J5 in the middle of a string", "[\(caseText("B")),\n{\"ref\": \"D",
            ":2:11: the text ends here, inside the string that begins at 2:9", halfWritten: true),
        .bytes(
            "J5 in the middle of a character", Array("[\n{\"ref\": \"D".utf8) + [0xC3],
            ":2:12: the text ends here, inside the string that begins at 2:9", halfWritten: true),
        .text(
            "J5 behind a case", "[\(caseText("B")),\n",
            ":2:1: the text ends here, but what was opened at 1:1 is not closed", halfWritten: true),
        .text("J7 an object", "{\"reference\": \"B\"}", ":1:1: found an object, \(shapes)"),
        .text("J7 a string", "\"cases\"", ":1:1: found a string, \(shapes)"),
        .text("J7 null", "\nnull\n", ":2:1: found null, \(shapes)"),
        .text("J7 a number", "17", ":1:1: found a number, \(shapes)"),
        .text("J7 a truth", "true", ":1:1: found true or false, \(shapes)"),
        .text("J7 cases that are no list", "{\"cases\": 1}", ":1:1: found an object, \(shapes)"),
        .text(
            "J8 a trailing comma", "[\(caseText("B")),\n]", ":1:78: JSON allows no comma after the last item"
        ),
        .text("J8 a comment", "// of Monday\n[\(caseText("B"))]", ":1:1: JSON knows no comments"),
        .text("J8 a comment behind", "[\(caseText("B"))\n] // of Monday", ":2:3: JSON knows no comments"),
        .text(
            "J8 single quotes", "[{'ref': 'B'}]",
            ":1:3: JSON writes strings in double quotes, not in single ones"),
        .thing("J10 1 GiB", ": 1073741824 bytes are too many, at most 33554432 are read") { path in
            close(creat(path, 0o644))
            return truncate(path, 1 << 30)
        },
        .bytes("J29 0x80", named(0x80), ":1:106: byte 0x80 is not valid UTF-8"),
        .bytes(
            "J29 Latin-1", named(0xE9),
            ":1:106: byte 0xE9 is not valid UTF-8, the file looks like Latin-1 or Windows-1252"),
        .bytes("J29 an overlong form", named(0xC0, 0xAF), ":1:106: byte 0xC0 is not valid UTF-8"),
        .bytes(
            "J29 a surrogate as bytes", named(0xED, 0xA0, 0x80), ":1:106: byte 0xED is not valid UTF-8"),
        .thing("J34 a named pipe", ": cannot be read: it is a named pipe, not a file") { mkfifo($0, 0o644) },
        .thing("J34 a folder", ": cannot be read: it is a folder, not a file") { mkdir($0, 0o755) },
        .thing("J34 a socket", ": cannot be read: it is a socket, not a file", bindSocket),
        .thing("J34 a device", ": cannot be read: it is a device, not a file") { symlink("/dev/null", $0) },
        .thing("J34 a link to itself", ": cannot be read: Too many levels of symbolic links") {
            symlink("b.json", $0)
        },
        .thing("J34 a link to nothing", ": cannot be read: No such file or directory") {
            symlink("nowhere.json", $0)
        },
    ]) func `a bad file is told with its place, and its last good copy stands in`(row: Row) throws {
        let folder = try TemporaryFolder()
        let good = ["a.json": "A", row.file: "B", "c.json": "C"]
        for (file, ref) in good { try folder.write(caseText(ref), to: file) }
        var intake = CaseIntake(folders: [folder.path])
        let first = at("2020-11-02T08:00:00+01:00")
        _ = intake.read(rules: .autumn2020, now: first)
        let bad = folder.path + "/" + row.file
        try row.put(bad)

        #expect(intake.read(rules: .autumn2020, now: first + .hours(1)) == CaseChanges())
        #expect(
            intake.register.problems.map(\.description) == [bad + row.sentence + "; file not used"])
        #expect(intake.register.records.map(\.openCase.ref.text) == ["A", "B", "C"])
        #expect(intake.register.held.isEmpty && intake.register.disappearances.isEmpty)
        #expect(intake.outdated == [bad: first])
        #expect(intake.comeAgainAfter == (row.mayBeHalfWritten ? .milliseconds(300) : nil))

        try folder.remove(row.file)
        try folder.write(caseText("B"), to: row.file)
        #expect(intake.read(rules: .autumn2020, now: first + .hours(2)) == CaseChanges())
        #expect(intake.register.problems.isEmpty && intake.outdated.isEmpty)
    }

    /// Something that is no case, on a line of its own.
    struct Line: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        /// Behind the name of the file.
        let sentences: [String]

        init(_ name: String, _ bytes: [UInt8], _ sentences: String...) {
            (testDescription, self.bytes, self.sentences) = (name, bytes, sentences)
        }

        /// An object that has nothing a case needs.
        static func other(_ name: String, _ text: String) -> Line {
            Line(
                name, Array(text.utf8),
                "2:1: opened_at: missing, expected an instant such as 2020-11-02T09:00:00+01:00",
                "2:1: ref: missing, expected a reference of at most 128 bytes without control characters",
                "2:1: stage: missing, expected one of listening, diagnosis, waiting_for_business, follow_up, "
                    + "referred_to_scheme, referred_to_court, suspended, closed")
        }

        static func text(_ name: String, _ text: String, _ sentence: String) -> Line {
            Line(name, Array(text.utf8), sentence)
        }
    }

    @Test(arguments: [
        Line.text(
            "J5 in the middle of a string", "{\"ref\": \"B",
            "2:11: the text ends here, inside the string that begins at 2:9"),
        Line(
            "J5 in the middle of a character", Array("{\"ref\": \"B".utf8) + [0xC3],
            "2:11: byte 0xC3 is not valid UTF-8"),
        .other("J7 an object", "{\"reference\": \"B\"}"),
        .other("J7 cases that are no list", "{\"cases\": 1}"),
        .text("J7 a string", "\"cases\"", "2:1: found a string, expected an object, one case"),
        .text("J7 null", "null", "2:1: found null, expected an object, one case"),
        .text("J7 a number", "17", "2:1: found a number, expected an object, one case"),
        .text(
            "J8 a trailing comma", "\(caseText("B")),", "2:77: the document has ended, but more follows"),
        .text("J8 a comment", "// of Monday", "2:1: JSON knows no comments"),
        .text(
            "J8 single quotes", "{'ref': 'B'}",
            "2:2: JSON writes strings in double quotes, not in single ones"),
        Line("J29 0x80", named(0x80), "2:106: byte 0x80 is not valid UTF-8"),
        Line(
            "J29 Latin-1", named(0xE9),
            "2:106: byte 0xE9 is not valid UTF-8, the file looks like Latin-1 or Windows-1252"),
        Line("J29 an overlong form", named(0xC0, 0xAF), "2:106: byte 0xC0 is not valid UTF-8"),
        Line("J29 a surrogate as bytes", named(0xED, 0xA0, 0x80), "2:106: byte 0xED is not valid UTF-8"),
    ]) func `in a file of lines only the bad one is refused`(line: Line) throws {
        let lines = [Array(caseText("A").utf8), line.bytes, Array(caseText("C").utf8)]
        let batch = try CaseBatch.read(
            Array(lines.joined(separator: [UInt8(ascii: "\n")])), file: "cases.jsonl", lines: true,
            rules: .autumn2020)
        #expect(batch.records.map(\.openCase.ref.text) == ["A", "C"])
        #expect(
            batch.problems.filter { $0.severity != .warning }.map(\.description)
                == line.sentences.map { "cases.jsonl:\($0); record not used" })
    }

    // MARK: Sources

    /// What becomes of a source whose three files held a case each, and what is told of it.
    struct Source: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// What each file holds from now on; nil when it is gone.
        let text: String?
        /// Behind the name of each file.
        let sentence: String?

        init(_ name: String, _ text: String?, _ sentence: String? = nil) {
            (testDescription, self.text, self.sentence) = (name, text, sentence)
        }
    }

    @Test(arguments: [
        Source("J1 everything empty", "", empty + "; file not used"),
        Source("J1 every list empty", "[]"),
        Source("J1 every file gone", nil),
    ]) func `a source that holds nothing any more lets no case go`(source: Source) throws {
        let folder = try TemporaryFolder()
        let files = ["a.json", "b.json", "c.json"]
        for (file, ref) in zip(files, ["A", "B", "C"]) { try folder.write(caseText(ref), to: file) }
        var intake = CaseIntake(folders: [folder.path])
        let first = at("2020-11-02T08:00:00+01:00")
        _ = intake.read(rules: .autumn2020, now: first)
        for file in files {
            if let text = source.text { try folder.write(text, to: file) } else { try folder.remove(file) }
        }
        #expect(intake.read(rules: .autumn2020, now: first + .hours(1)) == CaseChanges())
        let register = intake.register
        #expect(register.records.map(\.openCase.ref.text) == ["A", "B", "C"])
        let places = files.map { folder.path + "/" + $0 }
        #expect(
            register.problems.map(\.description)
                == places.compactMap { place in source.sentence.map { place + $0 } })
        // Files that cannot be read keep their last good copies; what can be read, and is empty, is braked.
        let isRead = source.sentence == nil
        #expect(
            register.disappearances
                == (isRead ? [Disappearance(source: folder.path, missing: 3, of: 3)] : []))
        #expect(
            intake.outdated
                == (isRead ? [:] : Dictionary(uniqueKeysWithValues: places.map { ($0, first) })))
    }
}

/// Leaves a socket at a path, which has to be short enough for one.
private func bindSocket(_ path: String) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return -1 }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let isShort = withUnsafeMutableBytes(of: &address.sun_path) { place in
        guard path.utf8.count < place.count else { return false }
        place.copyBytes(from: path.utf8)
        return true
    }
    guard isShort else { return -1 }
    return withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
