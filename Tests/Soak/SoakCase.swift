import RelanceCore

/// A business that calls, is helped within the hour and is forgotten: ten messages or so, in the order of a real case.
struct SoakCase: Sendable {
    let number: Int
    let openedAt: Instant
    /// One of 200, of the case's own site.
    private let advisor: Int

    static let sites = 20
    static let advisors = 200
    /// When the record leaves its file, after its opening.
    static let life = Elapsed.minutes(60)

    init(number: Int, openedAt: Instant) {
        self.number = number
        self.openedAt = openedAt
        advisor = number % SoakCase.advisors
    }

    var site: Int { number % SoakCase.sites }
    var reference: String { "S-\(number)" }
    private var prefersText: Bool { number % 3 == 0 }
    private var isUnanswered: Bool { number % 2 == 0 }
    private var isCancelled: Bool { number % 3 == 1 }
    private var isReassigned: Bool { number % 10 == 7 }

    /// The kinds of message that must have been planned by an instant, whatever happened meanwhile.
    func expected(by instant: Instant) -> Set<String> {
        var kinds: Set<String> = []
        if openedAt < instant { kinds.insert("case_opened") }
        if at(6) < instant { kinds.insert("appointment_confirmed") }
        if at(12) < instant { kinds.insert("appointment_moved") }
        if isCancelled, at(18) < instant { kinds.insert("appointment_cancelled") }
        return kinds
    }

    /// Its record with every fact dated up to an instant, which may lie ahead: such a fact comes into sight in its time.
    func record(knownUntil horizon: Instant) -> String {
        func fact(_ name: String, _ minutes: Int64, _ isOne: Bool = true) -> String {
            isOne && at(minutes) <= horizon ? ", \"\(name)\": \"\(at(minutes))\"" : ""
        }
        let isClosed = at(24) <= horizon
        let advisor =
            isReassigned && at(20) <= horizon ? (advisor + SoakCase.sites) % SoakCase.advisors : advisor
        let assigned = isReassigned && at(20) <= horizon ? at(20) : openedAt
        let appointment = openedAt + .days(3)
        var lines = """
            {"ref": "\(reference)", "opened_at": "\(openedAt)", "stage": "\(isClosed ? "closed" : "listening")", \
            "site": "site-\(site)", "advisor": "advisor.\(advisor)", "assigned_at": "\(assigned)"
            """
        lines += fact("first_contact_at", 6) + fact("diagnosis_done_at", 22) + fact("closed_at", 24)
        if isClosed { lines += #", "outcome": "chamber_solution""# }
        if isUnanswered, at(4) <= horizon { lines += ", \"unanswered_calls\": [\"\(at(4))\"]" }
        if at(6) <= horizon {
            lines += """
                , "appointments": [{"id": "\(reference)-1", "starts_at": "\(appointment)", "minutes": 45, \
                "mode": "phone"\(fact("confirmed_at", 6))\(fact("cancelled_at", 18, isCancelled))\
                \(isCancelled && at(18) <= horizon ? #", "cancelled_by": "business""# : "")
                """
            if at(12) <= horizon {
                lines +=
                    ", \"moved\": [{\"at\": \"\(at(12))\", \"starts_at\": \"\(appointment + .minutes(45))\"}]"
            }
            lines += "}]"
        }
        return lines + contact + "}"
    }

    private func at(_ minutes: Int64) -> Instant { openedAt + .minutes(minutes) }

    private var contact: String {
        """
        , "business": {"name": "Commerce \(number)"}, "contact": {"last_name": "Contact", \
        "mobile": "06 39 98 \(SoakCase.digits(number % 10_000))", "email": "contact\(number)@entreprise.example", \
        "prefers": "\(prefersText ? "sms" : "email")", "sms_consent": true}
        """
    }

    /// A business helped before, whose next follow-up is not due: it only has to be kept in mind.
    static func quiet(_ number: Int) -> String {
        """
        {"ref": "Q-\(number)", "opened_at": "2020-10-05T10:00:00+02:00", "stage": "follow_up", \
        "site": "site-\(number % sites)", "advisor": "advisor.\(number % advisors)", \
        "assigned_at": "2020-10-05T10:00:00+02:00", "first_contact_at": "2020-10-05T10:30:00+02:00", \
        "diagnosis_done_at": "2020-10-06T15:00:00+02:00", "follow_up_done_at": "2020-10-30T11:00:00+01:00", \
        "last_contact_at": "2020-10-30T11:00:00+01:00", "contact": {"last_name": "Contact", \
        "email": "ancien\(number)@entreprise.example", "prefers": "email"}}
        """
    }

    private static func digits(_ number: Int) -> String {
        let text = String(10_000 + number)
        return "\(text.dropFirst().prefix(2)) \(text.suffix(2))"
    }
}
