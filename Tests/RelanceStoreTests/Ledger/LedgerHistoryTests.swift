import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

/// A ledger as it stood at an instant, for whoever explains.
@Suite struct LedgerHistoryTests {
    /// What the files say of two messages as of an instant.
    private func messages(_ fixture: LedgerFixture, asOf instant: Instant?) throws -> [MessageKey: String] {
        let reading = try LedgerReading(
            path: fixture.path, into: LedgerHistory(of: .everything, asOf: instant))
        let history = try #require(reading?.contents.history)
        return history.state.messages.values.reduce(into: [:]) {
            $0[$1.key] = "\($1.phase.word), \(history.trail(of: $1.key).count) entries"
        }
    }

    @Test(arguments: [false, true])
    func `what was planned or done later is not there yet, behind a snapshot as well`(
        isCompacted: Bool
    ) async throws {
        let fixture = try LedgerFixture()
        let noon = Instant(seconds: 1_604_300_000) + .hours(1)
        try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1)), .attempt(1), .handover(1)])
            fixture.turnClock(by: .hours(4))
            try await ledger.append([.result(1, 1, .accepted(reply: "250 Ok")), .planned(.make(2))])
            if isCompacted { try await ledger.compact() }
            fixture.turnClock(by: .hours(1))
            try await ledger.append([.planned(.make(3))])
        }
        #expect(try messages(fixture, asOf: noon) == [.make(1): "sending, 2 entries"])
        #expect(
            try messages(fixture, asOf: noon + .hours(4)) == [
                .make(1): "sent, 3 entries", .make(2): "planned, 0 entries",
            ])
        #expect(
            try messages(fixture, asOf: nil) == [
                .make(1): "sent, 3 entries", .make(2): "planned, 0 entries", .make(3): "planned, 0 entries",
            ])
    }
}
