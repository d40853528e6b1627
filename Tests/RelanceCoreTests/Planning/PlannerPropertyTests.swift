import RelanceCore
import RelanceTestSupport
import Testing

/// The promises at the head of ``Planner``, on cases drawn at random; the argument of a failing test is its seed.
@Suite struct PlannerPropertyTests {
    static let seeds = Seeds.or([1, 20_201_102, 0xC0FFEE, 77, 4_052_021])

    /// Before the clocks go back, so that this, 1 and 11 November lie within the month that is drawn from.
    private static let start = at("2020-10-23 06:00")

    private func draw(_ count: Int, _ seed: UInt64) -> [OpenCase] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { random.drawCase(number: $0, from: Self.start) }
    }

    private func instant(_ random: inout SplitMix64) -> Instant {
        Self.start + .milliseconds(random.number(in: 0...Elapsed.days(30).milliseconds))
    }

    @Test(arguments: seeds)
    func `planning twice is planning once`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for item in draw(200, seed) {
            let now = instant(&random)
            #expect(
                Planner.mixed.plan(item, at: now, detail: .everything)
                    == Planner.mixed.plan(item, at: now, detail: .everything))
        }
    }

    /// What the ledger would say of a case, had it admitted these messages and had they come to that end.
    private func memory(of messages: [PlannedMessage], _ end: CaseMemory.Told.End, at now: Instant)
        -> CaseMemory
    {
        var memory = CaseMemory()
        for message in messages where message.recipient.audience == .business {
            memory.tell(message, end, at: now)
        }
        return memory
    }

    @Test(arguments: seeds)
    func `what is planned and remembered asks for nothing new`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var count = 0
        for item in draw(200, seed) {
            let now = instant(&random)
            let first = Planner.mixed.plan(item, at: now).messages
            count += first.count
            let planned = Planner.mixed.plan(item, at: now, memory: memory(of: first, .open, at: now))
                .messages
            #expect(
                Set(planned.map(\.key)).subtracting(first.map(\.key)).isEmpty, "\(item.ref) \(now.inParis)")
            // A text that says to look at the mail comes once the mail has left: second, and never third.
            let left = Planner.mixed.plan(item, at: now, memory: memory(of: first, .sent, at: now)).messages
            let all = first + left
            let last = Planner.mixed.plan(item, at: now, memory: memory(of: all, .sent, at: now)).messages
            #expect(Set(last.map(\.key)).subtracting(all.map(\.key)).isEmpty, "\(item.ref) \(now.inParis)")
        }
        #expect(count > 5)
    }

    @Test(arguments: seeds)
    func `explaining a plan does not change it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for item in draw(200, seed) {
            let now = instant(&random)
            let short = Planner.mixed.plan(item, at: now)
            let long = Planner.mixed.plan(item, at: now, detail: .everything)
            #expect(short.messages == long.messages)
            #expect(short.nextWake == long.nextWake)
        }
    }

    @Test(arguments: seeds)
    func `until the next wake nothing changes, minute by minute`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for item in draw(4, seed) {
            let first = instant(&random)
            var wake: Instant?
            var keys: Set<MessageKey> = []
            for minute in 0..<1440 {
                let now = first + .minutes(Int64(minute))
                let plan = Planner.mixed.plan(item, at: now)
                if minute == 0 || wake.map({ $0 <= now }) ?? false {
                    #expect(plan.nextWake ?? .distantFuture > now)
                    (keys, wake) = (Set(plan.messages.map(\.key)), plan.nextWake)
                }
                guard Set(plan.messages.map(\.key)) == keys else {
                    Issue.record(
                        "seed \(seed): \(item.ref) changed by \(now.inParis), wake \(wake?.inParis ?? "never")"
                    )
                    break
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `what is due is inside its window, not over, and has a reader`(seed: UInt64) throws {
        let policy = Policies.shipped.house
        for item in draw(40, seed) {
            for sent in Planner.mixed.walk(item, from: "2020-10-23 06:00", to: "2020-11-25 06:00") {
                let message = sent.message
                #expect(message.dueAt <= sent.at && sent.at < message.usefulUntil, "\(sent)")
                #expect(
                    message.anchor <= sent.at || message.kind == .externalDateReminder
                        || message.reason == .appointmentNear || message.reason == .advisorAway, "\(sent)")
                #expect(
                    (message.channel == .email
                        ? message.recipient.email != nil : message.recipient.phone != nil))
                #expect(message.cases == [item.ref])
                switch message.kind {
                case .distressAlert: continue
                case .caseOpened where message.channel == .email: continue
                case _ where message.kind.isOfAppointment:
                    #expect(policy.windows.transactional.isOpen(at: sent.at), "\(sent)")
                    if case .appointment(_, let notice) = message.content {
                        #expect(sent.at < notice.startsAt, "\(sent)")
                    }
                case .caseOpened, .advisorAssigned:
                    #expect(policy.windows.transactional.isOpen(at: sent.at), "\(sent)")
                case _ where message.kind.isForBusiness:
                    #expect(policy.windows.status.isOpen(at: sent.at), "\(sent)")
                case .newCase: #expect(policy.windows.newCase.isOpen(at: sent.at), "\(sent)")
                default:
                    let isOpen = policy.windows.staff.isOpen(at: sent.at)
                    #expect(
                        isOpen || policy.windows.staff.previousClosing(atOrBefore: sent.at) == sent.at,
                        "\(sent)")
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `no advisor is written to on a day off or while away`(seed: UInt64) {
        for item in draw(60, seed) {
            for sent in Planner.mixed.walk(item, from: "2020-10-23 06:00", to: "2020-11-25 06:00")
            where sent.message.recipient.audience == .advisor {
                guard let reader = Planner.mixed.directory.advisors[sent.message.recipient.id],
                    reader.role == .advisor
                else { continue }
                let day = Zone.paris.day(at: sent.at)
                #expect(reader.works(on: day) && reader.absence(on: day) == nil, "\(sent)")
            }
        }
    }

    @Test(arguments: seeds)
    func `a key depends neither on who reads it nor on when it is planned`(seed: UInt64) {
        let away = Absence.make("2020-10-01", "2020-12-31")
        let absent = Planner.make(
            .team(
                with: .make("claire.duval", absences: [away], backup: "karim.benali"),
                .make("marc.lefevre", role: .lead, absences: [away])))
        var random = SplitMix64(seed: seed)
        for item in draw(200, seed) where item.advisor == "claire.duval" {
            let now = instant(&random)
            // Only an absence itself is told of, and only there.
            let keys = { (planner: Planner) in
                Set(planner.plan(item, at: now).messages.filter { $0.reason != .advisorAway }.map(\.key))
            }
            #expect(keys(.make()) == keys(absent), "\(item.ref) at \(now.inParis)")
        }
    }

    @Test(arguments: seeds)
    func `a business has one status message a day, and each duty once on a channel`(seed: UInt64) {
        for item in draw(30, seed) {
            var perDay: [LocalDay: Set<Instant>] = [:]
            var duties: Set<String> = []
            for sent in Planner.mixed.walk(item, from: "2020-10-23 06:00", to: "2020-12-05 06:00")
            where sent.message.recipient.audience == .business {
                let message = sent.message
                #expect(duties.insert("\(message.key)").inserted)
                if !message.kind.isOfAppointment {
                    perDay[Zone.paris.day(at: sent.at), default: []].insert(sent.at)
                }
                #expect(message.channel == .email || item.contact.smsConsent == true, "\(sent)")
                let distress = item.asOf(sent.at, day: Zone.paris.day(at: sent.at)).distress
                #expect(
                    distress == nil || distress?.releasedAt != nil || message.kind.isOfAppointment, "\(sent)")
            }
            #expect(perDay.values.allSatisfy { $0.count == 1 }, "\(item.ref) \(perDay)")
        }
    }

    @Test(arguments: seeds)
    func `the order of cases does not matter`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let cases = draw(120, seed)
        let now = at("2020-11-12 09:00")
        let plans = [cases, cases.shuffled(using: &random), cases.reversed()].map { cases in
            PlannedMessage.gathered(cases.flatMap { Planner.mixed.plan($0, at: now).messages })
        }
        #expect(plans[0] == plans[1])
        #expect(plans[0] == plans[2])
        #expect(!plans[0].isEmpty)
        let keys = plans[0].flatMap { [$0.key] + $0.covers }
        #expect(Set(keys).count == keys.count)
    }

    @Test(arguments: seeds)
    func `a deadline is what it was, whenever one looks`(seed: UInt64) {
        for item in draw(40, seed) {
            var dues: [String: Instant] = [:]
            for hour in stride(from: Int64(0), to: 24 * 30, by: 7) {
                let now = Self.start + .hours(hour)
                for deadline in Planner.mixed.plan(item, at: now, detail: .everything).deadlines {
                    let name = "\(deadline.kind) \(deadline.anchor) \(deadline.label ?? "") \(deadline.rule)"
                    #expect(dues[name, default: deadline.due] == deadline.due)
                    dues[name] = deadline.due
                    #expect(deadline.satisfiedAt.map { $0 <= now } ?? true)
                }
            }
        }
    }
}

extension Planner {
    /// Part-time people, absences that chain and a roster that changes.
    static let mixed = Planner.make(
        .team(
            with: .withoutWednesdays(
                "claire.duval", absences: [.make("2020-11-05", "2020-11-06")], backup: "karim.benali"),
            .make("karim.benali", absences: [.make("2020-11-06", "2020-11-10")], backup: "alice.yvon"),
            .make(
                "alice.yvon",
                works: [.monday: "09:00-12:30", .tuesday: "09:00-12:30", .friday: "13:30-17:30"],
                backup: "claire.duval"),
            .make("ines.royer", role: .onCall, absences: [.make("2020-11-01", "2020-11-03")]),
            .make("omar.petit", role: .onCall, absences: [.make("2020-11-07", "2020-11-30")])))
}
