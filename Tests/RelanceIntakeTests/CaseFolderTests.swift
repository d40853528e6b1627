import Foundation
import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Synchronization
import Testing

@Suite struct `Case folders` {
    private let folder: TemporaryFolder
    private let now = at("2020-11-02T08:00:00+01:00")

    init() throws {
        folder = try TemporaryFolder()
    }

    private func refs(_ reading: FolderReading) -> [String] {
        reading.batches.flatMap { $0.records.map(\.openCase.ref.text) }
    }

    private func sentences(_ reading: FolderReading) -> [String] {
        reading.problems.map { $0.description.replacing(folder.path + "/", with: "") }
    }

    @Test func `files are read in the order of their names, and only those that count`() throws {
        try folder.write(caseText("B"), to: "b.jsonl")
        try folder.write(caseText("A"), to: "a.json")
        try folder.write("x", to: ".hidden.json")
        try folder.write("x", to: "a.json.tmp")
        var cases = CaseFolder(folder.path)
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["A", "B"])
        #expect(reading.problems.isEmpty)
        #expect(reading.isChanged)
        #expect(reading.comeAgainAfter == nil)
    }

    @Test func `a file that did not change is not read again`() throws {
        try folder.write(caseText("A"), to: "a.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        let again = cases.read(rules: .autumn2020, now: now)
        #expect(!again.isChanged)
        #expect(refs(again) == ["A"])

        try folder.write(caseText("A2"), to: "a.json")
        let third = cases.read(rules: .autumn2020, now: now)
        #expect(third.isChanged)
        #expect(refs(third) == ["A2"])
    }

    @Test func `a half-written file keeps its last good copy and is tried three times`() throws {
        try folder.write(caseText("A"), to: "a.json")
        try folder.write(caseText("B"), to: "b.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)

        try folder.write("[\(caseText("A2")), {\"ref\": \"A3", to: "a.json")
        let later = now + .minutes(5)
        for attempt in 1...3 {
            let reading = cases.read(rules: .autumn2020, now: later)
            #expect(refs(reading) == ["A", "B"])
            #expect(
                sentences(reading) == [
                    "a.json:1:92: the text ends here, inside the string that begins at 1:89; file not used"
                ])
            #expect(reading.outdated == [folder.path + "/a.json": now])
            #expect(reading.comeAgainAfter == (attempt < 3 ? .milliseconds(300) : nil))
        }
        #expect(!cases.read(rules: .autumn2020, now: later).isChanged)

        try folder.write("[\(caseText("A2"))]", to: "a.json")
        let mended = cases.read(rules: .autumn2020, now: later)
        #expect(refs(mended) == ["A2", "B"])
        #expect(mended.problems.isEmpty && mended.outdated.isEmpty)
    }

    @Test func `a last line that breaks off is waited for, then hurts only itself`() throws {
        try folder.write(caseText("A"), to: "a.jsonl")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        try folder.write("\(caseText("A"))\n\(caseText("B"))\n{\"ref\": \"C", to: "a.jsonl")
        for _ in 1...2 {
            let reading = cases.read(rules: .autumn2020, now: now)
            #expect(refs(reading) == ["A"])
            #expect(reading.comeAgainAfter == .milliseconds(300))
        }
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["A", "B"])
        #expect(reading.comeAgainAfter == nil && reading.problems.isEmpty && reading.outdated.isEmpty)
        #expect(reading.batches.flatMap(\.problems).map(\.severity) == [.refused])
    }

    @Test(arguments: ["a.json", "a.jsonl"])
    func `a file that ends inside a character is waited for like one that ends anywhere else`(file: String)
        throws
    {
        try folder.write(caseText("A"), to: file)
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        let text = "{\(essentials("A2")), \"comment\": \"Rappeler la g\u{E9}rante\"}"
        let cut = try #require(text.utf8.firstIndex(of: 0xC3))
        try folder.write(Array(text.utf8[...cut]), to: file)
        for attempt in 1...2 {
            let reading = cases.read(rules: .autumn2020, now: now)
            #expect(refs(reading) == ["A"])
            #expect(
                sentences(reading) == [
                    "\(file):1:105: the text ends here, inside the string that begins at 1:90; file not used"
                ])
            #expect(reading.comeAgainAfter == .milliseconds(300), "\(attempt)")
        }
        try folder.write(text, to: file)
        let whole = cases.read(rules: .autumn2020, now: now)
        #expect(refs(whole) == ["A2"])
        #expect(whole.problems.isEmpty && whole.comeAgainAfter == nil)
    }

    // MARK: Written while it is read

    /// Writes into a file where it is, as a writer does who keeps it open.
    private static func write(_ text: String, into path: String, atEnd: Bool = true) {
        let file = FileHandle(forWritingAtPath: path)
        if atEnd { file?.seekToEndOfFile() }
        file?.write(Data(text.utf8))
        file?.closeFile()
    }

    @Test func `J34 a file that grows while it is read keeps its last good copy and is tried three times`()
        throws
    {
        try folder.write(caseText("A"), to: "a.json")
        try folder.write(caseText("B"), to: "b.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)

        let path = folder.path + "/a.json"
        // Whole as it is read, and growing all the same.
        try folder.write(caseText("A2"), to: "a.json")
        cases.onceRead = { if $0 == "a.json" { Self.write(" ", into: path) } }
        let later = now + .minutes(5)
        for attempt in 1...3 {
            let reading = cases.read(rules: .autumn2020, now: later)
            #expect(refs(reading) == ["A", "B"])
            #expect(
                sentences(reading) == ["a.json: is being written while it is read; file not used"])
            #expect(reading.outdated == [path: now])
            #expect(reading.comeAgainAfter == (attempt < 3 ? .milliseconds(300) : nil))
        }
        cases.onceRead = { _ in }
        let settled = cases.read(rules: .autumn2020, now: later)
        #expect(refs(settled) == ["A2", "B"])
        #expect(settled.problems.isEmpty && settled.outdated.isEmpty)
    }

    @Test func `J34 a file written over while it is read is not taken for either`() throws {
        try folder.write(caseText("A"), to: "a.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        let path = folder.path + "/a.json"
        try folder.write("[\(caseText("A2")), \(caseText("A3"))]", to: "a.json")
        cases.onceRead = { _ in Self.write("[\(caseText("B2"))", into: path, atEnd: false) }
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["A"])
        #expect(sentences(reading) == ["a.json: is being written while it is read; file not used"])
        #expect(reading.comeAgainAfter == .milliseconds(300))
    }

    @Test func `J34 a file replaced while it is read is the old one until it is the new one`() throws {
        try folder.write(caseText("A"), to: "a.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        try folder.write("[\(caseText("B")), \(caseText("C"))]", to: "a.json")
        try folder.write("[\(caseText("D")), \(caseText("E"))]", to: ".a.json")
        let path = folder.path
        cases.onceRead = { _ in rename(path + "/.a.json", path + "/a.json") }
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["A"])
        #expect(reading.comeAgainAfter == .milliseconds(300))
        let next = cases.read(rules: .autumn2020, now: now)
        #expect(refs(next) == ["D", "E"])
        #expect(next.problems.isEmpty && next.comeAgainAfter == nil)
    }

    @Test func `an empty file is taken for one that is being written`() throws {
        try folder.write("", to: "a.json")
        var cases = CaseFolder(folder.path)
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(sentences(reading) == ["a.json:1:1: there is no JSON in it; file not used"])
        #expect(reading.comeAgainAfter == .milliseconds(300))
    }

    @Test func `a file that is wrong as it stands is told at once and not tried again`() throws {
        try folder.write("[,]", to: "a.json")
        var cases = CaseFolder(folder.path)
        #expect(cases.read(rules: .autumn2020, now: now).comeAgainAfter == nil)
        let again = cases.read(rules: .autumn2020, now: now)
        #expect(sentences(again) == ["a.json:1:2: expected a value, found ','; file not used"])
        #expect(!again.isChanged)
    }

    @Test func `a file written this very moment is looked at again`() throws {
        try folder.write(caseText("A"), to: "a.json", minutesAgo: 0)
        var cases = CaseFolder(folder.path)
        // Whether the stamp is fresh depends on the machine's pace; the case is read either way.
        #expect(refs(cases.read(rules: .autumn2020, now: now)) == ["A"])
    }

    @Test func `a file that is gone is gone from the reading`() throws {
        try folder.write(caseText("A"), to: "a.json")
        try folder.write(caseText("B"), to: "b.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        try folder.remove("a.json")
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["B"])
        #expect(reading.isChanged)
    }

    @Test func `a folder that is gone keeps what was read`() throws {
        try folder.write(caseText("A"), to: "cases.json")
        var cases = CaseFolder(folder.path)
        _ = cases.read(rules: .autumn2020, now: now)
        try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + "-away")
        defer {
            // A folder left behind harms nobody.
            try? FileManager.default.removeItem(atPath: folder.path + "-away")
        }
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["A"])
        #expect(
            reading.problems.map(\.description) == [
                "\(folder.path): cannot be read: No such file or directory; file not used"
            ])
    }

    @Test func `a listing that breaks off loses no file`() throws {
        for name in ["a", "b", "c"] { try folder.write(caseText(name), to: "\(name).json") }
        let isBroken = Mutex(false)
        var cases = CaseFolder(folder.path)
        cases.next = { opened in
            guard !isBroken.withLock({ $0 }) else {
                errno = EIO
                return nil
            }
            return readdir(opened)
        }
        _ = cases.read(rules: .autumn2020, now: now)

        isBroken.withLock { $0 = true }
        let reading = cases.read(rules: .autumn2020, now: now)
        #expect(refs(reading) == ["a", "b", "c"])
        #expect(!reading.isWhole)
        #expect(
            reading.problems.map(\.description) == [
                "\(folder.path): cannot be read: Input/output error; file not used"
            ])

        isBroken.withLock { $0 = false }
        let mended = cases.read(rules: .autumn2020, now: now)
        #expect(refs(mended) == ["a", "b", "c"])
        #expect(mended.isWhole && mended.problems.isEmpty)
    }
}
