import RelanceCore
import RelanceDaemon

/// An explanation as JSON.
struct ExplanationRecord: Encodable {
    var `case`: String
    var deadlines: [Deadline]
    var messages: [Message]
    var upcoming: [Coming]
    var withheld: [Coming]
    /// Calls to make in place of messages that no channel brings over.
    var calls: [Coming]

    struct Deadline: Encodable {
        var kind: String
        var label: String?
        var due: String
        var rule: String
        var calendar: String
        var from: String
        var anchor: String
        var satisfied: String?
        var slots: [Slot]
        var skipped: [Skipped]
    }

    struct Slot: Encodable {
        var from: String
        var to: String
        var minutes: Int64
    }

    struct Skipped: Encodable {
        var day: String
        var because: String
    }

    struct Coming: Encodable {
        var key: String?
        var kind: String
        var variant: String?
        var at: String
        var reason: String?
    }

    struct Message: Encodable {
        var key: String
        var kind: String
        var channel: String
        var phase: String
        var due: String
        var attempts: Int

        init(_ told: Explanation.Told, _ zone: Zone) {
            let message = told.message
            (key, kind, phase) = (message.key.text, message.plan.kind.rawValue, message.phase.word)
            channel = message.plan.channel.rawValue
            (due, attempts) = (message.plan.dueAt.rfc3339(in: zone), message.attempts)
        }
    }

    init(_ explanation: Explanation, _ house: House) {
        let zone = house.configuration.policies.policy(ofSite: explanation.item.site).zone
        `case` = explanation.item.ref.text
        deadlines = explanation.deadlines.map { reckoning in
            let deadline = reckoning.deadline
            return Deadline(
                kind: deadline.kind.rawValue, label: deadline.label, due: deadline.due.rfc3339(in: zone),
                rule: deadline.rule.description, calendar: deadline.calendar, from: deadline.from.rawValue,
                anchor: deadline.anchor.rfc3339(in: zone), satisfied: deadline.satisfiedAt?.rfc3339(in: zone),
                slots: reckoning.derivation?.slots.map { slot in
                    Slot(
                        from: slot.from.rfc3339(in: zone), to: slot.to.rfc3339(in: zone),
                        minutes: slot.working.minutes)
                } ?? [],
                skipped: reckoning.derivation?.skipped.map {
                    Skipped(day: $0.day.iso, because: $0.basis.word)
                } ?? [])
        }
        messages = explanation.messages.map { Message($0, zone) }
        upcoming = explanation.plan.upcoming.map {
            Coming(key: $0.key.text, kind: $0.kind.rawValue, variant: $0.variant, at: $0.at.rfc3339(in: zone))
        }
        withheld = explanation.plan.withheld.map {
            Coming(
                key: $0.key.text, kind: $0.kind.rawValue, variant: $0.variant, at: $0.at.rfc3339(in: zone),
                reason: $0.reason.rawValue)
        }
        calls = explanation.plan.callTasks.map {
            Coming(
                kind: $0.kind.rawValue, variant: $0.variant, at: $0.since.rfc3339(in: zone),
                reason: $0.reason.rawValue)
        }
    }
}

extension DayHours.Basis {
    /// The word of JSON output.
    fileprivate var word: String {
        switch self {
        case .week: "outside_hours"
        case .weeklyRest: "weekly_rest"
        case .holidays(let holidays), .openedHolidays(let holidays):
            holidays.map(\.rawValue).joined(separator: ",")
        case .closure: "closure"
        case .specialHours: "special_hours"
        case .skippedByClocks: "skipped_by_clocks"
        }
    }
}
