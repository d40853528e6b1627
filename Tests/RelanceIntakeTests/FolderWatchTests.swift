import Foundation
import RelanceIntake
import Testing

@Suite struct `Folder watches` {
    @Test func `writing, renaming and deleting a file are each told`() async throws {
        let folder = try TemporaryFolder()
        var events = try FolderWatch.changes(in: folder.path).makeAsyncIterator()
        try folder.write("[]", to: "a.json")
        #expect(await events.next() == .changed)
        try FileManager.default.moveItem(atPath: folder.path + "/a.json", toPath: folder.path + "/b.json")
        #expect(await events.next() == .changed)
        try folder.remove("b.json")
        #expect(await events.next() == .changed)
    }

    @Test func `a change before one asks is not lost`() async throws {
        let folder = try TemporaryFolder()
        let events = try FolderWatch.changes(in: folder.path)
        for number in 0..<1000 { try folder.write("[]", to: "\(number).json") }
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == .changed)
    }

    @Test func `the watch ends when the folder is gone`() async throws {
        let folder = try TemporaryFolder()
        let events = try FolderWatch.changes(in: folder.path)
        try FileManager.default.removeItem(atPath: folder.path)
        var last: FolderEvent?
        for await event in events { last = event }
        #expect(last == .lost)
    }

    @Test func `more folders are watched at once than a user may have instances`() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<200 {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(number)", withIntermediateDirectories: false)
        }
        let watches = try (0..<200).map { try FolderWatch.changes(in: "\(folder.path)/\($0)") }
        for number in 0..<200 { try folder.write("[]", to: "\(number)/a.json") }
        for watch in watches { #expect(await watch.first { _ in true } == .changed) }
    }

    @Test func `who watches what another one watches is told as well, and goes on alone`() async throws {
        let folder = try TemporaryFolder()
        var one = try FolderWatch.changes(in: folder.path).makeAsyncIterator()
        do {
            var other = try FolderWatch.changes(in: folder.path).makeAsyncIterator()
            try folder.write("[]", to: "a.json")
            #expect(await other.next() == .changed)
        }
        #expect(await one.next() == .changed)
        try folder.write("[]", to: "b.json")
        #expect(await one.next() == .changed)
        try FileManager.default.removeItem(atPath: folder.path)
        while let event = await one.next(), event != .lost {}
        #expect(await one.next() == nil)
    }

    @Test func `a folder that is not there cannot be watched`() throws {
        let folder = try TemporaryFolder()
        do {
            _ = try FolderWatch.changes(in: folder.path + "/none")
            Issue.record("watched")
        } catch {
            #expect(error.description == "\(folder.path)/none cannot be watched: No such file or directory")
        }
    }
}
