import RelanceCore
import RelanceTestSupport
import Testing

/// Reliability 2.10: 5, 15, 30, 60 minutes, 2 hours, then 4, give or take a fifth.
@Suite struct RetryScheduleTests {
    private let schedule = RetrySchedule(
        delays: [.minutes(5), .minutes(15), .minutes(30), .minutes(60), .hours(2)], then: .hours(4),
        jitterPercent: 20, expiresAfter: .hours(72), otherChannelAfter: .hours(1))

    private func nominal(_ attempt: Int) -> Elapsed {
        attempt <= schedule.delays.count ? schedule.delays[attempt - 1] : schedule.then
    }

    @Test(arguments: Seeds.or(first: 20))
    func `every wait stays within its jitter, whatever is drawn`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let attempt = Int(random.number(in: 1...60))
            let wait = schedule.delay(afterAttempt: attempt, random: Double(random.next() >> 11) / 0x1p53)
            let middle = nominal(attempt).milliseconds
            #expect(abs(wait.milliseconds - middle) <= middle / 5, "after attempt \(attempt)")
        }
    }

    @Test(arguments: Seeds.or([20_201_102]))
    func `a crowd that failed together comes back over the whole width of the jitter`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let waits = (0..<1000).map { _ in
            schedule.delay(afterAttempt: 1, random: Double(random.next() >> 11) / 0x1p53).milliseconds
        }
        // 4 to 6 minutes in a dozen bins of ten seconds: none may hold a fifth of the crowd, none be empty.
        let bins = Dictionary(grouping: waits) { ($0 - 240_000) / 10_000 }.mapValues(\.count)
        #expect((0..<12).allSatisfy { (20...200).contains(bins[$0, default: 0]) }, "\(bins)")
    }

    @Test func `waits grow until the last stated one and never again`() {
        let waits = (1...20).map { schedule.delay(afterAttempt: $0, random: 0.5) }
        #expect(waits == waits.sorted())
        #expect(waits.dropFirst(5).allSatisfy { $0 == .hours(4) })
    }

    @Test(arguments: Seeds.or(first: 20))
    func `a message that only fails is tried a bounded number of times`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (elapsed, attempts) = (Elapsed.seconds(0), 0)
        while elapsed.milliseconds < schedule.expiresAfter.milliseconds {
            attempts += 1
            let wait = schedule.delay(afterAttempt: attempts, random: Double(random.next() >> 11) / 0x1p53)
            elapsed = .milliseconds(elapsed.milliseconds + wait.milliseconds)
        }
        #expect((18...28).contains(attempts))
    }
}
