import RelanceCore
import RelanceTestSupport
import Testing

/// The acknowledgement to the business, with a promise it is easy to keep (domain 2.3, 2.4 kind 1).
@Suite struct CaseOpenedTests {
    private func item(_ openedAt: String, _ change: (inout OpenCase) -> Void = { _ in }) -> OpenCase {
        OpenCase.make(openedAt: openedAt) {
            $0.contact.prefers = .email
            $0.contact.email = .make("contact@boulangerie.example")
            change(&$0)
        }
    }

    private func acknowledgements(_ planner: Planner, _ item: OpenCase, from start: String) -> [Sent] {
        planner.walk(item, from: start, to: "2020-12-31 12:00").filter { $0.message.kind == .caseOpened }
    }

    @Test(arguments: [
        // Fri 30 Oct 15:40: due Mon 2 Nov 11:10, promised for noon.
        ("2020-10-30 15:40", "2020-11-02 12:00"),
        // Mon 2 Nov 12:00: due 16:00, promised for 17:30.
        ("2020-11-02 12:00", "2020-11-02 17:30"),
        // Due at 12:00 sharp (Fri 16:30: 60 minutes, 180 more from Mon 09:00): noon.
        ("2020-10-30 16:30", "2020-11-02 12:00"),
        // Due at closing: closing.
        ("2020-11-02 13:30", "2020-11-02 17:30"),
        // Over 11 November: Tue 10 Nov 16:00, due Thu 12 at 11:30.
        ("2020-11-10 16:00", "2020-11-12 12:00"),
    ])
    func `the promise is rounded up to noon or closing`(opened: String, promised: String) throws {
        let sent = try #require(acknowledgements(.make(), item(opened), from: opened).first)
        #expect(sent.at == at(opened))
        guard case .caseOpened(let brief, let promisedBy) = sent.message.content else {
            Issue.record("\(sent.message.content)")
            return
        }
        #expect(promisedBy == at(promised))
        #expect(brief.advisorName == "Claire Duval")
        #expect(brief.replyTo == .make("claire.duval@cci.example"))
    }

    @Test(arguments: ["2020-11-01 03:10", "2020-11-11 22:00", "2020-12-25 12:00"])
    func `a mail that only acknowledges leaves at any hour`(opened: String) {
        #expect(acknowledgements(.make(), item(opened), from: opened).map(\.at) == [at(opened)])
    }

    @Test(arguments: [
        // Mon to Sat 08:00 to 20:00, not on holidays, half-open.
        ("2020-10-30 21:00", "2020-10-31 08:00"),  // to Saturday
        ("2020-10-31 20:00", "2020-11-02 08:00"),  // over Sunday
        ("2020-11-10 20:00", "2020-11-12 08:00"),  // over 11 November
        ("2020-11-02 19:59", "2020-11-02 19:59"),
    ])
    func `otherwise it waits for the window of businesses`(opened: String, leaves: String) {
        let planner = Planner.make(
            policies: .shipped(with: "policy: {windows: {acknowledgement_at_any_hour: no}}"))
        #expect(acknowledgements(planner, item(opened), from: opened).map(\.at) == [at(leaves)])
    }

    @Test func `it is not sent once the call it promises is due`() {
        let late = item("2020-10-30 15:40")
        #expect(acknowledgements(.make(), late, from: "2020-11-02 11:09").count == 1)
        #expect(acknowledgements(.make(), late, from: "2020-11-02 11:10").isEmpty)
    }

    @Test func `once the call was made it promises nothing`() throws {
        let called = item("2020-11-02 09:00") {
            $0.firstContactAt = at("2020-11-02 09:05")
            $0.recordedStage = .diagnosis
        }
        let sent = try #require(acknowledgements(.make(), called, from: "2020-11-02 09:06").first)
        guard case .caseOpened(_, let promisedBy) = sent.message.content else {
            Issue.record("\(sent.message.content)")
            return
        }
        #expect(promisedBy == nil)
    }

    @Test func `a call made late does not make it worth sending again`() {
        // Due Mon 2 Nov 11:10, called at 14:05; the daemon was down until noon.
        let called = item("2020-10-30 15:40") {
            $0.firstContactAt = at("2020-11-02 14:05")
            $0.recordedStage = .diagnosis
        }
        #expect(acknowledgements(.make(), called, from: "2020-11-02 12:00").isEmpty)
    }

    @Test(arguments: [Contact.Preference.none, .phone])
    func `who would rather not be written to is not`(prefers: Contact.Preference) {
        let silent = item("2020-11-02 09:00") { $0.contact.prefers = prefers }
        #expect(Planner.make().withheld(.caseOpened, silent, at: "2020-11-02 09:00") == [.prefersNoWriting])
    }

    @Test func `without an address it is withheld, with the reason`() {
        let mute = item("2020-11-02 09:00") { $0.contact.email = nil }
        #expect(Planner.make().withheld(.caseOpened, mute, at: "2020-11-02 09:00") == [.noUsableChannel])
    }

    @Test func `its brief carries no word of the comment and no name of the business`() {
        let full = item("2020-11-02 09:00") {
            $0.comment = "SECRET"
            $0.business.name = "SECRET"
            $0.contact.firstName = "SECRET"
            $0.referral = Referral(to: "SECRET", at: at("2020-11-02 09:00"))
        }
        for message in Planner.make().plan(full, at: at("2020-11-02 09:00")).messages {
            #expect(!String(describing: message.content).contains("SECRET"))
        }
    }

    @Test func `an unknown advisor's answers go to the site`() throws {
        let orphan = item("2020-11-02 09:00") { $0.advisor = "nobody" }
        let planner = Planner.make([.make("karim.benali")])
        let sent = try #require(acknowledgements(planner, orphan, from: "2020-11-02 09:00").first)
        guard case .caseOpened(let brief, _) = sent.message.content else {
            Issue.record("\(sent.message.content)")
            return
        }
        #expect(brief.replyTo == .make("dieppe@cci.example"))
    }
}
