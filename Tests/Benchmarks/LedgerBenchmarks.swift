import Foundation
import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport

/// Durable records a second: many callers sharing syncs, beside one sync a record.
struct LedgerAppendBenchmark: Benchmark {
    let name = "ledger-append"

    func run(_ report: Report) async throws {
        let scratch = try Scratch()
        let lone = try await oneByOne(500, in: scratch)
        let peer = try writeAndSync(500, in: scratch)
        report.rate("plain write and fdatasync a record (peer)", peer, of: "records")
        report.rate("one caller, a sync a record", lone, of: "records", peer: peer)
        for callers in [8, 64, 512] {
            let rate = try await together(callers: callers, messages: 40 * callers, in: scratch)
            report.rate("\(callers) callers, group commit", rate, of: "records", peer: peer)
        }
        let ledger = try scratch.ledger()
        let plans = (1...50_000).map { PlanRecord.make($0) }
        let admission = try await measure { _ = try await ledger.admit(plans) }
        report.rate(
            "50,000 plans admitted in one step", plans.count.per(admission), of: "records", peer: peer)
        try await ledger.close()
    }

    private func oneByOne(_ count: Int, in scratch: borrowing Scratch) async throws -> Double {
        let ledger = try scratch.ledger()
        let time = try await measure {
            for number in 1...count { try await ledger.append([.planned(.make(number))]) }
        }
        try await ledger.close()
        return count.per(time)
    }

    /// Every caller takes messages through their lives, each record durable before the next.
    private func together(
        callers: Int, messages: Int, in scratch: borrowing Scratch
    ) async throws -> Double {
        let ledger = try scratch.ledger()
        let time = try await measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<callers {
                    group.addTask {
                        for number in stride(from: caller, to: messages, by: callers) {
                            try await ledger.append([.planned(.make(number))])
                            for event in LedgerEvent.delivery(number) { try await ledger.append([event]) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await ledger.close()
        return (4 * messages).per(time)
    }

    private func writeAndSync(_ count: Int, in scratch: borrowing Scratch) throws -> Double {
        let descriptor = open(scratch.path + "/plain", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let record = [UInt8](repeating: UInt8(ascii: "x"), count: 400)
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 1...count {
                _ = write(descriptor, record, record.count)
                fdatasync(descriptor)
            }
        }
        return count.per(time)
    }
}

/// How fast a start reads a long ledger, beside Foundation taking the same lines apart without checking or folding.
struct LedgerReplayBenchmark: Benchmark {
    let name = "ledger-replay"

    func run(_ report: Report) async throws {
        let scratch = try Scratch()
        let messages = 25_000
        var ledger = try scratch.ledger(at: "long")
        var events: [LedgerEvent] = []
        for number in 1...messages {
            events.append(.planned(.make(number)))
            events += LedgerEvent.delivery(number)
            if number % 1000 == 0 {
                try await ledger.append(events)
                events = []
            }
        }
        try await ledger.close()
        let path = scratch.path + "/long"
        let peer = try (4 * messages).per(foundation(path))
        let opening = try await measure { ledger = try scratch.ledger(at: "long") }
        report.rate("JSONSerialization, a line at a time (peer)", peer, of: "records")
        report.rate(
            "replay: checksums, decoding, fold", (4 * messages).per(opening), of: "records", peer: peer)
        report.milliseconds("start with 100,000 records", opening)
        let compaction = try await measure { try await ledger.compact() }
        report.milliseconds("compaction of \(messages) messages", compaction)
        try await ledger.close()
        let again = try await measure { ledger = try scratch.ledger(at: "long") }
        report.milliseconds("start from the snapshot", again)
        try await ledger.close()
    }

    private func foundation(_ path: String) throws -> Duration {
        let clock = ContinuousClock()
        return try clock.measure {
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            for file in files where file.hasSuffix(".jsonl") {
                let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + file))
                for line in data.split(separator: UInt8(ascii: "\n")) {
                    _ = try JSONSerialization.jsonObject(with: line)
                }
            }
        }
    }
}

/// A directory of the run's own on the disk of the temporary files.
struct Scratch: ~Copyable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "relance-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A leftover in the temporary directory is harmless.
        try? FileManager.default.removeItem(atPath: path)
    }

    func ledger(at name: String = UUID().uuidString) throws -> LedgerFile {
        let clock = LedgerFile.Clock(
            now: { Instant(seconds: 1_604_300_000) }, bootMilliseconds: { 0 })
        return try LedgerFile(try StateDirectory(path: path + "/" + name), clock: clock)
    }
}
