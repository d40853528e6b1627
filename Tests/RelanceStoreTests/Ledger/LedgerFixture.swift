import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Synchronization

/// A state directory of a test's own, gone with it.
final class LedgerFixture: Sendable {
    let path: String
    /// Moves by a second with every look at it.
    private let time = Mutex(Instant(seconds: 1_604_300_000))

    init(beside place: String = NSTemporaryDirectory()) throws {
        path = place + "/relance-ledger-" + UUID().uuidString
    }

    deinit {
        // A leftover in the temporary directory is harmless.
        try? FileManager.default.removeItem(atPath: path)
    }

    var clock: LedgerFile.Clock {
        LedgerFile.Clock(
            now: { [self] in
                time.withLock { time in
                    time = time + .seconds(1)
                    return time
                }
            }, bootMilliseconds: { 1000 })
    }

    func turnClock(by elapsed: Elapsed) {
        time.withLock { $0 = $0 + elapsed }
    }

    /// Small files have no low water to respect in a test.
    static func options(segmentBytes: Int = 16 << 20, headroomBytes: Int = 64 << 10) -> LedgerFile.Options {
        var options = LedgerFile.Options()
        options.segmentBytes = segmentBytes
        options.headroomBytes = headroomBytes
        options.lowWaterBytes = 0
        return options
    }

    func directory(disk: Disk = Disk()) throws -> StateDirectory {
        try StateDirectory(path: path, disk: disk)
    }

    func open(disk: Disk = Disk(), options: LedgerFile.Options = options()) throws -> LedgerFile {
        try LedgerFile(try directory(disk: disk), clock: clock, options: options)
    }

    /// Opens, does something and closes.
    @discardableResult
    func use<T>(_ body: (LedgerFile) async throws -> T) async throws -> T {
        let ledger = try open()
        let result = try await body(ledger)
        try await ledger.close()
        return result
    }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + file)))
    }

    func write(_ bytes: some Sequence<UInt8>, to file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + file))
    }

    func remove(_ file: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + file)
    }

    /// Empties the directory and fills it with these files.
    func restore(_ files: [String: [UInt8]]) throws {
        for name in try names { try remove(name) }
        for (name, bytes) in files { try write(bytes, to: name) }
    }
}

let firstSegment = "ledger-0000000000000001.jsonl"
