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
        let put: @Sendable (TemporaryFolder) throws -> Void

        init(
            _ name: String, _ sentence: String, halfWritten: Bool = false,
            _ put: @escaping @Sendable (TemporaryFolder) throws -> Void
        ) {
            (testDescription, self.sentence, self.put) = (name, sentence, put)
            mayBeHalfWritten = halfWritten
        }

        /// A file of these bytes.
        static func bytes(
            _ name: String, _ bytes: [UInt8], _ sentence: String, halfWritten: Bool = false
        ) -> Row {
            Row(name, sentence, halfWritten: halfWritten) { try $0.write(bytes, to: "b.json") }
        }

        static func text(_ name: String, _ text: String, _ sentence: String, halfWritten: Bool = false) -> Row
        {
            bytes(name, Array(text.utf8), sentence, halfWritten: halfWritten)
        }

        /// What is no file of text at all; it takes the good one's place.
        static func thing(
            _ name: String, _ sentence: String, _ make: @escaping @Sendable (String) -> Int32
        ) -> Row {
            Row(name, sentence) { folder in
                try folder.remove("b.json")
                #expect(make(folder.path + "/b.json") == 0)
            }
        }
    }

    private static let shapes = "expected an array of cases, {\"cases\": […]}, or one case"

    @Test(arguments: [
        Row("J1 everything empty", "") { folder in
            for name in ["a", "b", "c"] { try folder.write("", to: name + ".json") }
        },
        Row("J1 every list empty", "") { folder in
            for name in ["a", "b", "c"] { try folder.write("[]", to: name + ".json") }
        },
        Row("J1 every file gone", "") { folder in
            for name in ["a", "b", "c"] { try folder.remove(name + ".json") }
        },
    ]) func `a source that holds nothing any more lets no case go`(row: Row) throws {
        let folder = try TemporaryFolder()
        for ref in ["A", "B", "C"] { try folder.write(caseText(ref), to: "\(ref.lowercased()).json") }
        var intake = CaseIntake(folders: [folder.path])
        _ = intake.read(rules: .autumn2020, now: at("2020-11-02T08:00:00+01:00"))
        try row.put(folder)
        #expect(intake.read(rules: .autumn2020, now: at("2020-11-02T09:00:00+01:00")) == CaseChanges())
        let register = intake.register
        #expect(register.records.map(\.openCase.ref.text) == ["A", "B", "C"])
        // Files that cannot be read keep their last good copies; what can be read, and is empty, is braked.
        #expect(
            register.disappearances
                == (register.problems.isEmpty
                    ? [Disappearance(source: folder.path, missing: 3, of: 3)] : []))
        #expect(register.problems.count == (row.testDescription == "J1 everything empty" ? 3 : 0))
    }
}
