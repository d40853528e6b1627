import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The bad records of reliability 3.10 in the daemon at work: nothing leaves for them, what was planned for them waits,
/// and their neighbours are served.
@Suite(.timeLimit(.minutes(10))) struct BadCasesTests {
    private static let claire = "2020-0301"
    private static let neighbour = "2020-0302"
    private static let another = "2020-0303"
    private let start = at("2020-11-02 09:30")

    /// The configuration of a house whose digest comes late in the day.
    private static let configuration = TestHouse.configuration(digestAt: "17:00")

    /// A case opened and given to Claire at 09:20, on one line; it begins with its reference, opening and stage.
    private static func good(_ ref: String = claire, _ more: String = "") -> String {
        record(#""\#(ref)""#, more: more)
    }

    private static func record(
        _ ref: String, openedAt: String = "2020-11-02T09:20:00+01:00", stage: String = "listening",
        more: String = ""
    ) -> String {
        #"{"ref": \#(ref), "opened_at": "\#(openedAt)", "stage": "\#(stage)", "site": "dieppe", "#
            + #""advisor": "claire.duval", "assigned_at": "2020-11-02T09:20:00+01:00"\#(more)}"#
    }

    /// A file of cases, the first on its second line.
    private static func file(_ cases: String...) -> String {
        "[\n" + cases.joined(separator: ",\n") + "\n]\n"
    }

    /// A record in place of a good one, and what is told of it.
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let record: String
        /// Behind the name of its file.
        let sentence: String
        /// What stands in another file at the same time.
        let elsewhere: String?

        init(_ name: String, _ record: String, _ sentence: String, elsewhere: String? = nil) {
            (testDescription, self.record, self.sentence) = (name, record, sentence)
            self.elsewhere = elsewhere
        }

        static func reference(_ name: String, _ ref: String) -> Row {
            Row(
                name, BadCasesTests.record(ref),
                "2:9: ref: expected a reference of at most 128 bytes without control characters; record not used"
            )
        }

        static func opening(_ name: String, _ instant: String, _ expected: String) -> Row {
            Row(
                name, BadCasesTests.record(#""2020-0301""#, openedAt: instant),
                "2:35: record 2020-0301: opened_at: expected \(expected); case held")
        }

        static func stage(_ name: String, _ word: String, _ hint: String = "") -> Row {
            Row(
                name, BadCasesTests.record(#""2020-0301""#, stage: word),
                "2:73: record 2020-0301: stage: found “\(word)”, expected one of listening, diagnosis, "
                    + "waiting_for_business, follow_up, referred_to_scheme, referred_to_court, suspended, closed"
                    + hint + "; case held")
        }
    }

    private static let window =
        "an instant between 2000-01-01T01:00:00+01:00 and 2022-11-04T09:30:00+01:00"

    /// The bad records of which a good case is made most easily.
    private static let spoiled = [
        Row(
            "J11 an address twice",
            good(claire, ", \"contact\": {\"email\": \"a@b.example\",\n\"email\": \"c@d.example\"}"),
            #"3:1: record 2020-0301: key "email" stands twice in the same object, first on line 2; case held"#
        ),
        .reference("J14 a line end", #""2020-\n0301""#),
        .opening("J19 ten years ahead", "2030-10-30T15:40:00+01:00", window),
        .stage("J31 almost closed", "Closed ", "; did you mean “closed”?"),
        Row(
            "J13 in two files", good(),
            "2:1: record 2020-0301: the same reference stands in %/rouen.json:2 as well; case held",
            elsewhere: file(good())),
    ]

    /// Attempts to tell somebody of a case.
    private func attempts(on ref: String, _ life: TestHouse.Life) -> [DaemonEvent.Dispatch] {
        life.log.dispatches.filter { $0.message.cases == [.make(ref)] }
    }

    private func waitForAttempts(_ count: Int, on ref: String, _ life: TestHouse.Life) async {
        await life.log.wait { events in
            events.count { event in
                if case .attempted(let one) = event { one.message.cases == [.make(ref)] } else { false }
            } >= count
        }
    }

    /// What the log says of one file of cases.
    private func warnings(_ life: TestHouse.Life, of file: String) -> [String] {
        life.lines.all.filter { $0.hasPrefix("<4>" + file + ":") }.map { String($0.trimmed.dropFirst(3)) }
    }

    /// The whole of what the log has to say.
    private func sentence(_ row: Row, in file: String) -> String {
        file + ":" + row.sentence.replacing("%", with: file.replacing("/dieppe.json", with: ""))
    }

    /// The phase of what is to be said of a case.
    private func phases(of ref: String, _ house: TestHouse) throws -> [String] {
        try house.state().messages.values.filter { $0.plan.cases == [.make(ref)] }.map(\.phase.word)
    }

    @Test(arguments: spoiled)
    func `a good case that is spoiled keeps what was planned for it, and it leaves once when it is mended`(
        row: Row
    ) async throws {
        let house = try TestHouse(
            configuration: Self.configuration, cases: [TestHouse.followUpCase(), Self.good()])
        let file = house.folder.path + "/cases/dieppe.json"
        let life = try await house.run(at: start, courier: ScriptedCourier([.busyMailbox])) { life in
            await waitForAttempts(1, on: Self.claire, life)
            if let elsewhere = row.elsewhere { try house.folder.write(elsewhere, to: "cases/rouen.json") }
            try house.folder.write(
                Self.file(row.record, TestHouse.followUpCase(), Self.good(Self.neighbour)),
                to: "cases/dieppe.json")
            await waitForAttempts(1, on: Self.neighbour, life)
            // Its next try would be at 09:35.
            await life.advance(to: start + .minutes(10))
            await life.clock.waitForSleepers(2)
            #expect(attempts(on: Self.claire, life).count == 1)
            #expect(try phases(of: Self.claire, house) == ["deferred"])
            #expect(warnings(life, of: file) == [sentence(row, in: file)])

            if row.elsewhere != nil { try house.folder.remove("cases/rouen.json") }
            try house.folder.write(
                Self.file(
                    Self.good(), TestHouse.followUpCase(), Self.good(Self.neighbour), Self.good(Self.another)),
                to: "cases/dieppe.json")
            await waitForAttempts(1, on: Self.another, life)
            await life.advance(to: start + .minutes(30))
            await waitForAttempts(2, on: Self.claire, life)
            await life.advance(to: start + .hours(2))
            await life.clock.waitForSleepers(2)
        }
        let told = attempts(on: Self.claire, life)
        #expect(told.map(\.attempt) == [1, 2])
        #expect(told.last.map { $0.at >= start + .minutes(10) } == true)
        for ref in [Self.claire, Self.neighbour, Self.another] {
            #expect(try phases(of: ref, house) == ["sent"])
        }
    }

    @Test(arguments: spoiled)
    func `a start on a spoiled case keeps what was planned for it as well`(row: Row) async throws {
        let house = try TestHouse(
            configuration: Self.configuration, cases: [TestHouse.followUpCase(), Self.good()])
        try await house.run(at: start, courier: ScriptedCourier([.busyMailbox])) { life in
            await waitForAttempts(1, on: Self.claire, life)
        }
        if let elsewhere = row.elsewhere { try house.folder.write(elsewhere, to: "cases/rouen.json") }
        try house.folder.write(
            Self.file(row.record, TestHouse.followUpCase(), Self.good(Self.neighbour)),
            to: "cases/dieppe.json")
        let life = try await house.run(at: start + .minutes(10)) { life in
            await waitForAttempts(1, on: Self.neighbour, life)
            await life.advance(to: start + .minutes(30))
            await life.clock.waitForSleepers(2)
            #expect(attempts(on: Self.claire, life).isEmpty)
            #expect(try phases(of: Self.claire, house) == ["deferred"])

            if row.elsewhere != nil { try house.folder.remove("cases/rouen.json") }
            try house.folder.write(
                Self.file(Self.good(), TestHouse.followUpCase(), Self.good(Self.neighbour)),
                to: "cases/dieppe.json")
            await waitForAttempts(1, on: Self.claire, life)
        }
        #expect(attempts(on: Self.claire, life).map(\.attempt) == [2])
        #expect(try phases(of: Self.claire, house) == ["sent"])
    }

    @Test(
        arguments: spoiled + [
            Row(
                "J11 a stage twice", good(claire, ", \"stage\": \"closed\""),
                #"2:175: record 2020-0301: key "stage" stands twice in the same object, first on line 2; case held"#
            ),
            .reference("J14 empty", "\"\""), .reference("J14 blank", "\"  \""),
            .reference("J14 129 bytes", "\"\(String(repeating: "9", count: 129))\""),
            .reference("J14 10 KiB", "\"\(String(repeating: "9", count: 10 << 10))\""),
            Row(
                "J14 a NUL", record(#""2020\u0000-0301""#),
                "2:14: ref: the character U+0000 is not accepted; record not used"),
            .opening("J19 before 1970", "1969-12-31T15:40:00Z", window),
            .opening(
                "J20 25:00", "2020-10-30T25:00:00+01:00", "an instant such as 2020-11-02T09:00:00+01:00"),
            .stage("J31 unknown", "frobnicated"),
            Row("no object", "[]", "2:1: found an array, expected an object, one case; record not used"),
        ])
    func `for a record that is not used nothing is planned, and its neighbour is announced`(row: Row)
        async throws
    {
        let house = try TestHouse(configuration: Self.configuration, cases: [])
        if let elsewhere = row.elsewhere { try house.folder.write(elsewhere, to: "cases/rouen.json") }
        try house.folder.write(Self.file(row.record, Self.good(Self.neighbour)), to: "cases/dieppe.json")
        let file = house.folder.path + "/cases/dieppe.json"
        let life = try await house.run(at: start) { life in
            await waitForAttempts(1, on: Self.neighbour, life)
            await life.advance(to: start + .hours(4))
            await life.clock.waitForSleepers(2)
        }
        #expect(warnings(life, of: file) == [sentence(row, in: file)])
        #expect(
            Set(try house.state().messages.values.flatMap(\.plan.cases)) == [.make(Self.neighbour)])
    }

    // MARK: Channels

    /// A way to reach a business that is none.
    struct Address: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let channel: Channel
        /// As it stands in the file, in its quotes.
        let text: String

        static func email(_ name: String, _ text: String) -> Address {
            Address(testDescription: name, channel: .email, text: "\"\(text)\"")
        }

        static func mobile(_ name: String, _ text: String) -> Address {
            Address(testDescription: name, channel: .sms, text: "\"\(text)\"")
        }

        var field: String { channel == .email ? "email" : "mobile" }

        /// A contact that has it, and the other way as well or none.
        func contact(orOther hasOther: Bool) -> String {
            let other =
                channel == .email
                ? #""mobile": "06 39 98 20 14""# : #""email": "gerante@boulangerie.example""#
            return #"{"\#(field)": \#(text), \#(hasOther ? other + ", " : "")"sms_consent": true}"#
        }
    }

    /// A business that has agreed to an appointment and is to have it confirmed.
    private static func agreed(_ ref: String, contact: String) -> String {
        TestHouse.followUpCase(
            ref,
            more: #", "appointments": [{"id": "1", "starts_at": "2020-11-06T10:00:00+01:00", "minutes": 45, "#
                + #""mode": "phone", "confirmed_at": "2020-11-02T09:25:00+01:00"}], "contact": \#(contact)"#)
    }

    @Test(
        arguments: [
            Address.email("J22 Bcc", #"a@b.example\r\nBcc: x@y.example"#),
            .email("J22 RCPT", #"a@b.example\nRCPT TO:<x@y.example>"#),
            .email("J22 a NUL", #"a@b\u0000.example"#),
            .email("J23 quoted", #"\"a b\"@c.example"#), .email("J23 two @", "a@b@c.example"),
            .email("J23 no domain", "a@"), .email("J23 no local part", "@b.example"),
            .email("J23 two dots", "a@b..c"), .email("J23 parameters", "<a@b.example> NOTIFY=NEVER"),
            .email("J23 two addresses", "a@b.example,c@d.example"),
            .email("J23 300 octets", String(repeating: "a", count: 290) + "@b.example"),
            .email("J23 a literal", "a@[127.0.0.1]"),
            .mobile("J28 +33", "+33"), .mobile("J28 an extension", "0033639982014 x12"),
            .mobile("J28 +999", "+999123456789"), .mobile("J28 letters", "appeler le soir"),
            .mobile("J28 Arabic-Indic digits", "٠٦٣٩٩٨٢٠١٤"),
            .mobile("J28 200 digits", String(repeating: "0", count: 200)),
            .mobile("J28 premium rate", "0 899 12 34 56"),
        ], [true, false])
    func `what cannot be an address is not written to, and the other way or a call takes its place`(
        address: Address, hasOther: Bool
    ) async throws {
        let house = try TestHouse(
            configuration: TestHouse.configuration(digestAt: "10:30", more: "sms: [t]").replacing(
                "mail: [a]", with: "  t: {kind: spool, folder: texts, concurrency: 1}\nmail: [a]"),
            cases: [
                Self.agreed(Self.claire, contact: address.contact(orOther: hasOther)),
                Self.agreed(
                    Self.neighbour,
                    contact: #"{"mobile": "06 39 98 20 15", "email": "gerant@garage.example", "#
                        + #""sms_consent": true}"#),
            ])
        let life = try await house.run(at: start) { life in
            await life.log.waitForBusiness(hasOther ? 3 : 2)
            await life.advance(to: at("2020-11-02 10:30"))
            await life.log.waitForAttempts(1, of: .digest)
        }
        let told = life.log.dispatches.map(\.message).filter { $0.recipient.audience == .business }
        func channels(_ ref: String) -> [Channel] {
            told.filter { $0.cases == [.make(ref)] }.map(\.channel).sorted { $0.rawValue < $1.rawValue }
        }
        #expect(channels(Self.claire) == (hasOther ? [address.channel == .email ? .sms : .email] : []))
        #expect(channels(Self.neighbour) == [.email, .sms])
        let warnings = warnings(life, of: house.folder.path + "/cases/dieppe.json")
        #expect(!warnings.isEmpty)
        #expect(
            warnings.allSatisfy { $0.contains(": record 2020-0301: contact.\(address.field): ") },
            "\(warnings)")
        let calls = life.log.dispatches.flatMap { dispatch -> [CaseReference] in
            guard case .digest(let digest) = dispatch.message.content else { return [] }
            return digest.lines.filter { $0.item == .callTask(.appointmentConfirmed) }.map(\.brief.ref)
        }
        #expect(calls == (hasOther ? [] : [.make(Self.claire)]))
    }
}
