import Dispatch
import Foundation
import FuzzTargets
import Testing

/// What fuzzing was begun with and what it ever found, read again by the same doors without libFuzzer.
@Suite(.serialized) struct CorpusReplayTests {
    static let corpora = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Corpora")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `nothing kept in a corpus breaks a promise of its door`(_ name: String) async throws {
        let target = try #require(FuzzTarget.named(name))
        let folder = Self.corpora.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            await #expect(throws: Never.self, "\(name)/\(file.lastPathComponent)") {
                try await Self.read(bytes, by: target)
            }
        }
    }

    @Test func `every corpus belongs to a door`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path())
        #expect(Set(folders) == Set(FuzzTarget.all.map(\.name)))
    }

    /// A target may block, so it gets a thread that is none of the tests'.
    private static func read(_ bytes: [UInt8], by target: FuzzTarget) async throws {
        try await withCheckedThrowingContinuation { (end: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { end.resume(with: Result { try target.read(bytes) }) }
        }
    }
}
