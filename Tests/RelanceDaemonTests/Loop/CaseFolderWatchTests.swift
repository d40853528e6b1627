import Foundation
import Logging
import Testing

@testable import RelanceDaemon

@Suite(.timeLimit(.minutes(10))) struct CaseFolderWatchTests {
    /// Returns once a reading was asked for.
    private func waitForReading(_ errands: Errands) async {
        while !(await errands.take().read) { await errands.bell.wait() }
    }

    @Test func `a missing folder costs the others nothing, and is watched once it is there`() async throws {
        let (folder, errands, lines) = (try TemporaryFolder(), Errands(), LogLines())
        try folder.write("", to: "there/a.json")
        let watch = CaseFolderWatch(
            [folder.path + "/none", folder.path + "/there"], errands: errands, log: lines.logger())
        await watch.watchAll()
        let running = Task { await watch.run() }
        try folder.write("[]", to: "there/a.json")
        await waitForReading(errands)
        await watch.watchAll()
        #expect(lines.all.count == 1)  // told of once

        try FileManager.default.createDirectory(
            atPath: folder.path + "/none", withIntermediateDirectories: false)
        await watch.watchAll()
        _ = await errands.take()
        try folder.write("[]", to: "none/b.json")
        await waitForReading(errands)
        running.cancel()
        await running.value
    }

    @Test func `a folder that went away and came back is watched again`() async throws {
        let (folder, errands, lines) = (try TemporaryFolder(), Errands(), LogLines())
        try folder.write("", to: "cases/a.json")
        let watch = CaseFolderWatch([folder.path + "/cases"], errands: errands, log: lines.logger())
        await watch.watchAll()
        let running = Task { await watch.run() }
        try FileManager.default.moveItem(atPath: folder.path + "/cases", toPath: folder.path + "/away")
        await waitForReading(errands)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/cases", withIntermediateDirectories: false)
        await watch.watchAll()
        try folder.write("[]", to: "cases/b.json")
        await waitForReading(errands)
        running.cancel()
        await running.value
    }
}
