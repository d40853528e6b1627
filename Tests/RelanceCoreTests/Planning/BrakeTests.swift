import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct BrakeTests {
    private let reading = at("2020-11-02 09:00")
    private let rule = BrakeRule(messages: 200, casesPercent: 20, atLeast: 20)

    /// Messages on as many cases, wanted when the reading came.
    private func messages(
        _ numbers: Range<Int>, _ kind: MessageKind = .deadlineOverdue, wantedAt: Instant? = nil
    ) -> [PlannedMessage] {
        numbers.map { number in
            var message = PlannedMessage.make(
                kind, cases: ["2020-\(1000 + number)"], content: .technicalIncident(""))
            message.key = .make(number)
            message.wantedAt = wantedAt ?? reading
            return message
        }
    }

    private func engages(
        _ brake: inout Brake, on messages: [PlannedMessage], of openCases: Int, readAt: Instant? = nil
    ) -> Bool {
        brake.engages(
            on: messages, at: reading + .minutes(1), readAt: { _ in readAt ?? reading },
            openCases: { openCases })
    }

    @Test(arguments: [
        (200, 100_000, false), (201, 100_000, true), (20, 100, false), (21, 100, true), (19, 19, false),
        (20, 20, true),
    ])
    func `it engages on more than 200 messages, or on more than a fifth of the open cases from 20 on`(
        messages: Int, openCases: Int, does: Bool
    ) {
        var brake = Brake(rule: rule)
        #expect(engages(&brake, on: self.messages(0..<messages), of: openCases) == does)
    }

    @Test func `what one reading set off adds up, each message once`() {
        var brake = Brake(rule: rule)
        for _ in 0..<3 { #expect(!engages(&brake, on: messages(0..<150), of: 100_000)) }
        #expect(engages(&brake, on: messages(150..<201), of: 100_000))
        // Monotone: nothing that comes later releases it.
        #expect(engages(&brake, on: messages(0..<1), of: 100_000))
    }

    /// What more cases, more messages and fewer open cases do to it.
    @Test(arguments: Seeds.or(first: 200))
    func `what engages it engages it still when there is more`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rule = BrakeRule(
            messages: Int(random.number(in: 1...60)), casesPercent: Int(random.number(in: 1...60)),
            atLeast: Int(random.number(in: 1...20)))
        let numbers = (0..<Int(random.number(in: 1...80))).map { _ in Int(random.number(in: 0...90)) }
        let more = numbers + (0..<Int(random.number(in: 0...40))).map { _ in Int(random.number(in: 0...90)) }
        let open = Int(random.number(in: 1...300))
        /// In parts, as they fall due; whether it engaged and after which part first.
        func engaged(_ numbers: [Int], of openCases: Int, inParts parts: Int) -> [Bool] {
            var brake = Brake(rule: rule)
            return stride(from: 0, to: numbers.count, by: parts).map { start in
                let part = numbers[start..<min(start + parts, numbers.count)]
                return engages(&brake, on: part.flatMap { messages($0..<$0 + 1) }, of: openCases)
            }
        }
        let whole = engaged(numbers, of: open, inParts: numbers.count).contains(true)
        let inParts = engaged(numbers, of: open, inParts: Int(random.number(in: 1...9)))
        #expect(inParts.last == whole, "seed \(seed): in parts it is as much as at once")
        #expect(
            inParts.drop { !$0 }.allSatisfy { $0 }, "seed \(seed): nothing that comes later releases it")
        guard whole else { return }
        #expect(
            engaged(more, of: open, inParts: more.count).contains(true), "seed \(seed): more messages")
        let fewer = Int(random.number(in: 0...Int64(open)))
        #expect(
            engaged(numbers, of: fewer, inParts: numbers.count).contains(true),
            "seed \(seed): fewer open cases")
    }

    @Test func `two readings are two waves`() {
        var brake = Brake(rule: rule)
        #expect(!engages(&brake, on: messages(0..<150), of: 100_000))
        #expect(
            !engages(&brake, on: messages(150..<300), of: 100_000, readAt: reading + .minutes(1)))
    }

    @Test func `what falls due by itself after the reading is the day's work`() {
        var brake = Brake(rule: rule)
        let due = messages(0..<500, wantedAt: reading + .milliseconds(1))
        #expect(!engages(&brake, on: due, of: 500))
    }

    @Test func `what comes at an hour of the day, and incidents, are not counted`() {
        for kind in [MessageKind.digest, .returnDigest, .weeklyReport, .technicalIncident] {
            var brake = Brake(rule: rule)
            #expect(!engages(&brake, on: messages(0..<500, kind), of: 500))
        }
    }

    @Test func `what a person confirmed is not asked about again`() {
        var brake = Brake(rule: rule)
        #expect(engages(&brake, on: messages(0..<201), of: 201))
        brake.confirm(at: reading)
        #expect(!engages(&brake, on: messages(201..<500), of: 201))
        #expect(engages(&brake, on: messages(500..<800), of: 201, readAt: reading + .seconds(1)))
    }

    @Test func `without a rule it never engages`() {
        var brake = Brake(rule: nil)
        #expect(!engages(&brake, on: messages(0..<500), of: 500))
    }

    @Test(arguments: MessageKind.allCases)
    func `a brake lets pass alerts, incidents and what our people are told of the day by`(kind: MessageKind) {
        let passes: Set<MessageKind> = [
            .distressAlert, .technicalIncident, .digest, .returnDigest, .weeklyReport,
        ]
        for reason in [FenceReason.catchUp, .massChange] {
            #expect(reason.holds(kind) == !passes.contains(kind))
        }
        #expect(FenceReason.otherMachine.holds(kind) && FenceReason.repaired.holds(kind))
        #expect(FenceReason.longSilence.holds(kind) == (kind != .technicalIncident))
    }
}
