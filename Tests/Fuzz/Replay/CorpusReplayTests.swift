import Foundation
import FuzzTargets
import Testing

/// What fuzzing was begun with and what it ever found, read again by the same doors without libFuzzer.
@Suite struct CorpusReplayTests {
    static let corpora = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Corpora")

    @Test(.timeLimit(.minutes(10)), arguments: FuzzTarget.all.map(\.name))
    func `nothing kept in a corpus breaks a promise of its door`(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let folder = Self.corpora.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            #expect(throws: Never.self, "\(name)/\(file.lastPathComponent)") { try target.read(bytes) }
        }
    }

    @Test func `every corpus belongs to a door`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path())
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }
}
