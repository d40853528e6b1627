import CLinux
import RelanceCore
import RelanceStore
import RelanceTestSupport

/// What settled messages cost: the memory they hold for ninety days, and the start and the compaction that carry them.
struct LedgerMemoryBenchmark: Benchmark {
    let name = "ledger-memory"

    func run(_ report: Report) async throws {
        let scratch = try Scratch()
        let messages = 200_000
        try await settle(messages, in: scratch)
        let empty = try resident()
        var reading = try LedgerReading(
            path: scratch.path + "/settled", into: LedgerHistory(of: .everything))
        let peer = try withExtendedLifetime(reading) { try resident() } - empty
        reading = nil
        let before = try resident()
        var ledger: LedgerFile?
        let opening = try await measure { ledger = try scratch.ledger(at: "settled") }
        let bytes = try resident() - before
        report.value("bytes a message with its trail in memory (peer)", "\(peer / messages)")
        report.value("bytes a settled message, every third a text", "\(bytes / messages)")
        report.value("of 450,000, ninety days of 5,000 a day", "\((bytes / messages * 450_000) >> 20) MiB")
        report.milliseconds("start with \(messages) settled messages", opening)
        let compaction = try await measure { try await ledger?.compact() }
        report.milliseconds("their compaction", compaction)
        report.value("memory the compaction left behind", "\((try resident() - before - bytes) >> 20) MiB")
        try await ledger?.close()
        ledger = nil
        let again = try await measure { ledger = try scratch.ledger(at: "settled") }
        report.milliseconds("start from the snapshot", again)
        try await ledger?.close()
    }

    /// Mails that were taken and texts that arrived, three messages an address.
    private func settle(_ messages: Int, in scratch: borrowing Scratch) async throws {
        let ledger = try scratch.ledger(at: "settled")
        var events: [LedgerEvent] = []
        for number in 1...messages {
            let mark = AddressMark(
                EmailAddress.make("contact\(number / 3)@entreprise.example"), instance: "bench")
            if number % 3 == 0 {
                let proof = GatewayProof(reference: "0192f5a0-7c11-7d3e-9b1f-\(100_000_000_000 + number)")
                events += [.planned(.text(number, addressee: mark))] + LedgerEvent.texting(number)
                events += [
                    .result(number, 1, .accepted(reply: "202 Accepted", proof: proof)),
                    .receipt(number, .make(.delivered, sending: 0)),
                ]
            } else {
                events += [.planned(.make(number, addressee: mark))] + LedgerEvent.delivery(number)
            }
            if number % 1000 == 0 {
                try await ledger.append(events)
                events = []
            }
        }
        try await ledger.close()
    }

    /// Resident bytes without what is free and only not given back yet.
    private func resident() throws -> Int {
        malloc_trim(0)
        return try ResidentMemory.bytes()
    }
}
