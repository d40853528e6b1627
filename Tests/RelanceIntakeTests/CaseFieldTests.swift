import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

/// One field of a record, good, odd or bad; the rows of reliability 3.10 are in BadRecordTests.
@Suite struct `Case fields` {
    struct Row: CustomTestStringConvertible, Sendable {
        /// What the middle case has beside the essentials, or instead of them.
        let text: String
        let problems: [String]
        let lives: Bool
        var testDescription: String { problems.first ?? text }

        /// A field that is dropped or warned of: the case lives.
        static func field(_ more: String, _ problems: String...) -> Row {
            Row(text: caseText("2020-0302", more), problems: problems, lives: true)
        }

        /// A record that is refused.
        static func record(_ text: String, _ problems: String...) -> Row {
            Row(text: text, problems: problems, lives: false)
        }
    }

    @Test(arguments: [
        // Shapes
        Row.record(
            #"{"opened_at": "2020-10-30T15:40:00+01:00", "stage": "listening"}"#,
            "cases.json:3:1: ref: missing, expected a reference of at most 128 bytes without control characters; record not used"
        ),
        Row.record("[1]", "cases.json:3:1: found an array, expected an object, one case; record not used"),
        Row.record("NaN", "cases.json:3:1: NaN is not a JSON number; record not used"),
        // Times
        .field(
            "\"assigned_at\": \"2020-10-25 02:30:10\"",
            "cases.json:3:101: record 2020-0302: assigned_at: the clocks show this time twice, read as the first; write an offset"
        ),
        .field(
            "\"assigned_at\": \"hier\"",
            "cases.json:3:101: record 2020-0302: assigned_at: expected an instant such as 2020-11-02T09:00:00+01:00; field not used"
        ),
        .field(
            "\"last_follow_up_on\": \"31/10/2020\"",
            "cases.json:3:107: record 2020-0302: last_follow_up_on: expected a date such as 2020-11-02; field not used"
        ),
        // Kinds of line
        .field(
            #""contact": {"email": ["a@b.example"]}"#,
            "cases.json:3:107: record 2020-0302: contact.email: found an array, expected an e-mail address; field not used"
        ),
        .field(
            #""contact": {"mobile": [639982014]}"#,
            "cases.json:3:108: record 2020-0302: contact.mobile: found an array, expected one telephone number in double quotes, such as \"02 61 91 10 21\"; field not used"
        ),
        .field(
            #""contact": {"mobile": "02 61 91 10 26"}"#,
            "cases.json:3:108: record 2020-0302: contact.mobile: no mobile number: kept as the landline, which gets no text"
        ),
        .field(
            #""contact": {"mobile": "02 61 91 10 26", "landline": "02 61 91 10 27"}"#,
            "cases.json:3:108: record 2020-0302: contact.mobile: expected a mobile number, and the landline is another one; field not used"
        ),
        .field(
            #""contact": {"landline": "07 12 34 56 78"}"#,
            "cases.json:3:110: record 2020-0302: contact.landline: neither a landline nor a mobile in its numbering plan, so it takes no text"
        ),
        // Unknown keys, doubtful numbers, free text
        .field(
            #""asigned_at": "2020-10-30T15:40:00+01:00""#,
            "cases.json:3:86: record 2020-0302: asigned_at: unknown key; did you mean “assigned_at”?"),
        .field(
            #""contact": {"portable": "0639982014"}"#,
            "cases.json:3:98: record 2020-0302: contact.portable: unknown key"),
        .field(
            #""business": {"siret": "732 829 320 00075"}"#,
            "cases.json:3:108: record 2020-0302: business.siret: not a possible SIRET or SIREN"),
        .field(
            #""comment": 42"#, "cases.json:3:97: record 2020-0302: comment: expected text; field not used"),
        .field(
            #""follow_up": {"tell_busines": true}"#,
            "cases.json:3:100: record 2020-0302: follow_up.tell_busines: unknown key; did you mean “tell_business”?"
        ),
        .field(
            #""follow_up": {"tell_business": "oui"}"#,
            "cases.json:3:117: record 2020-0302: follow_up.tell_business: expected true or false; field not used"
        ),
        .field(
            #""follow_up": {"next_on": "lundi"}"#,
            "cases.json:3:111: record 2020-0302: follow_up.next_on: expected a date such as 2020-11-02; field not used"
        ),
        .field(
            #""follow_up": []"#,
            "cases.json:3:99: record 2020-0302: follow_up: found an array, expected an object; field not used"
        ),
        // What is read the careful way
        .field(
            #""confidential": "oui""#,
            "cases.json:3:102: record 2020-0302: confidential: expected true or false; read as true"),
        .field(
            #""hold": true"#,
            "cases.json:3:94: record 2020-0302: hold: found true or false, expected an object with \"until\"; read as held until someone lifts it"
        ),
        .field(
            #""distress": {"released_at": null, "called_back_at": "2020-11-01T10:00:00+01:00"}"#,
            "cases.json:3:98: record 2020-0302: distress: found an object, expected an instant under \"flagged_at\"; read as flagged since the opening"
        ),
        .field(
            #""appointments": [{"id": "a", "starts_at": "2020-11-12T14:00:00+01:00", "cancelled_at": "hier"}]"#,
            "cases.json:3:103: record 2020-0302: appointments[0]: whether and when this appointment takes place cannot be told; field not used",
            "cases.json:3:173: record 2020-0302: appointments[0].cancelled_at: expected an instant such as 2020-11-02T09:00:00+01:00; field not used"
        ),
    ]) func `a bad field is told with its place, and the neighbours live`(row: Row) throws {
        let text = "[\n\(caseText("2020-0301")),\n\(row.text),\n\(caseText("2020-0303"))\n]\n"
        let batch = try CaseBatch.read(Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        #expect(batch.problems.map(\.description) == row.problems)
        let living = batch.records.map(\.openCase.ref.text)
        #expect(
            living == (row.lives ? ["2020-0301", "2020-0302", "2020-0303"] : ["2020-0301", "2020-0303"]))
        let isHeld = row.problems.contains { $0.hasSuffix("case held") }
        #expect(batch.refused.map(\.ref.text) == (isHeld ? ["2020-0302"] : []))
    }

    @Test func `every field of a case is read into its type`() throws {
        let text = #"""
            {"ref": " 2020-0301 ", "opened_at": "2020-10-30T15:40:00+01:00", "origin": "web_form", "stage": "follow_up",
             "priority": "orange", "site": "dieppe", "topics": ["Loyers", " "], "advisor": "claire.duval",
             "assigned_at": "2020-10-30T16:00:00+01:00", "lead": "marc.lefevre",
             "first_contact_at": "2020-10-30 17:00", "diagnosis_done_at": "2020-11-02T10:00:00Z",
             "last_follow_up_on": "2020-11-16", "follow_up_done_at": null, "last_contact_at": "",
             "documents": {"requested_at": "2020-11-02T10:05:00+01:00", "received_at": null, "list": ["bilan 2019"]},
             "follow_up": {"tell_business": true, "business_will": ["envoyer le bilan"], "chamber_will": ["appeler"],
               "next_on": "2020-11-30"},
             "referral": {"to": "Médiation du crédit", "at": "2020-11-03T10:00:00+01:00", "tell_business": true},
             "external_dates": [{"label": "URSSAF", "on": "2020-12-15", "source": "courrier"}],
             "distress": {"flagged_at": "2020-10-31T09:00:00+01:00"},
             "appointments": [{"id": 7, "starts_at": "2020-11-12T14:00:00+01:00", "minutes": 45, "mode": "at_business",
               "place": "Quai Henri IV", "confirmed_at": "2020-11-05T09:00:00+01:00", "cancelled_by": "business",
               "moved": [{"at": "2020-11-07T09:00:00+01:00", "starts_at": "2020-11-14T14:00:00+01:00"},
                         {"at": "2020-11-06T09:00:00+01:00", "starts_at": "2020-11-13T14:00:00+01:00"}]}],
             "unanswered_calls": ["2020-11-04T09:00:00+01:00", "2020-11-03T09:00:00+01:00"],
             "hold": {"until": "2020-11-20", "by": "claire.duval", "reason": "congés"},
             "confidential": true, "outcome": "chamber_solution", "closed_at": "2020-11-20T10:00:00+01:00",
             "comment": "Rappeler.\nMerci.",
             "business": {"name": "Boulangerie du Port", "siret": "732 829 320 00074", "naf": "1071C",
               "postcode": "76200", "commune": "Dieppe", "employees": 3},
             "contact": {"title": "mrs", "first_name": "Odette", "last_name": "Le\u0300vre", "landline": "02 61 91 10 26",
               "mobile": "06.39.98.20.14", "email": " odette@port.example", "prefers": "sms", "sms_consent": true,
               "sms_consent_at": "2020-10-30T15:40:00+01:00", "language": "en", "call_hours": "avant 12h"}}
            """#
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        #expect(batch.problems.map(\.description) == [])
        let read = try #require(batch.records.first).openCase

        let ref = try #require(CaseReference("2020-0301"))
        var expected = OpenCase(ref: ref, openedAt: at("2020-10-30 15:40"), stage: .followUp)
        expected.origin = .webForm
        expected.priority = .orange
        expected.site = "dieppe"
        expected.topics = ["Loyers"]
        expected.advisor = "claire.duval"
        expected.assignedAt = at("2020-10-30 16:00")
        expected.lead = "marc.lefevre"
        expected.firstContactAt = at("2020-10-30 17:00")
        expected.diagnosisDoneAt = at("2020-11-02 11:00")
        expected.lastFollowUpOn = date("2020-11-16")
        expected.documents = DocumentsRequest(requestedAt: at("2020-11-02 10:05"), list: ["bilan 2019"])
        expected.followUpSummary = FollowUpSummary(
            tellBusiness: true, businessWill: ["envoyer le bilan"], chamberWill: ["appeler"],
            nextOn: date("2020-11-30"))
        expected.referral = Referral(
            to: "Médiation du crédit", at: at("2020-11-03 10:00"), tellBusiness: true)
        expected.externalDates = [
            ExternalDate(label: "URSSAF", on: date("2020-12-15"), source: "courrier")
        ]
        expected.distress = Distress(flaggedAt: at("2020-10-31 09:00"))
        expected.appointments = [
            Appointment(
                id: "7", startsAt: at("2020-11-12 14:00"), minutes: 45, mode: .atBusiness,
                place: "Quai Henri IV", confirmedAt: at("2020-11-05 09:00"), cancelledBy: .business,
                moved: [
                    Appointment.Move(at: at("2020-11-06 09:00"), startsAt: at("2020-11-13 14:00")),
                    Appointment.Move(at: at("2020-11-07 09:00"), startsAt: at("2020-11-14 14:00")),
                ])
        ]
        expected.unansweredCalls = [at("2020-11-03 09:00"), at("2020-11-04 09:00")]
        expected.hold = Hold(until: date("2020-11-20"), by: "claire.duval", reason: "congés")
        expected.confidential = true
        expected.outcome = .chamberSolution
        expected.closedAt = at("2020-11-20 10:00")
        expected.comment = "Rappeler.\nMerci."
        expected.business.name = "Boulangerie du Port"
        expected.business.siret = "73282932000074"
        expected.business.naf = "10.71C"
        expected.business.postcode = "76200"
        expected.business.commune = "Dieppe"
        expected.business.employees = "3"
        expected.contact.title = .mrs
        expected.contact.firstName = "Odette"
        expected.contact.lastName = "Lèvre"
        expected.contact.landline = PhoneNumber("0261911026")
        expected.contact.mobile = PhoneNumber("0639982014")
        expected.contact.email = try EmailAddress("odette@port.example")
        expected.contact.prefers = .sms
        expected.contact.smsConsent = true
        expected.contact.smsConsentAt = at("2020-10-30 15:40")
        expected.contact.language = .english
        expected.contact.callHours = "avant 12h"
        #expect(read == expected)
        #expect(read.contact.lastName?.utf8.count == 6)
    }

    struct Numbers: CustomTestStringConvertible, Sendable {
        var landline: String?
        var mobile: String?
        var reads: (landline: String?, mobile: String?)
        var problems = 0
        var region = "FR"

        var testDescription: String { "landline \(landline ?? "-"), mobile \(mobile ?? "-"), \(region)" }
    }

    @Test(arguments: [
        Numbers(
            landline: "02 61 91 10 26", mobile: "639982015", reads: ("+33261911026", "+33639982015")),
        Numbers(mobile: "02 61 91 10 26", reads: ("+33261911026", nil), problems: 1),
        Numbers(
            landline: "02 61 91 10 26", mobile: "0261911026", reads: ("+33261911026", nil), problems: 1),
        Numbers(
            landline: "02 61 91 10 26", mobile: "02 61 91 10 27", reads: ("+33261911026", nil), problems: 1),
        Numbers(landline: "06 39 98 20 15", reads: (nil, "+33639982015")),
        Numbers(landline: "06 39 98 20 15", mobile: "bientôt", reads: (nil, "+33639982015"), problems: 1),
        Numbers(
            landline: "06 39 98 20 15", mobile: "02 61 91 10 26", reads: ("+33261911026", "+33639982015"),
            problems: 1),
        Numbers(
            landline: "06 39 98 20 15", mobile: "06 39 98 20 16", reads: ("+33639982015", "+33639982016")),
        Numbers(mobile: "07 12 34 56 78", reads: ("+33712345678", nil), problems: 2),
        Numbers(mobile: "+1 650 253 0000", reads: (nil, "+16502530000")),
        Numbers(landline: "+1 650 253 0000", reads: ("+16502530000", nil)),
        Numbers(mobile: "75 12 34", reads: (nil, "+687751234"), region: "NC"),
        Numbers(mobile: "75 12 34", reads: (nil, nil), problems: 1),
    ]) func `a number stands under the line it is, and only what takes a text under mobile`(row: Numbers)
        throws
    {
        let members = [("landline", row.landline), ("mobile", row.mobile)].compactMap { name, number in
            number.map { "\"\(name)\": \"\($0)\"" }
        }
        let text = caseText("2020-0302", "\"contact\": {\(members.joined(separator: ", "))}")
        var rules = IntakeRules.autumn2020
        rules.region = row.region
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: rules)
        let contact = try #require(batch.records.first).openCase.contact
        #expect(contact.landline?.e164 == row.reads.landline)
        #expect(contact.mobile?.e164 == row.reads.mobile)
        #expect(contact.mobile?.takesTextMessages != false)
        #expect(batch.problems.count == row.problems, "\(batch.problems)")
    }

    @Test func `what cannot be read of distress, a hold or a confidential mark errs on the quiet side`()
        throws
    {
        let text = caseText(
            "2020-0302",
            #""confidential": 1, "hold": {"until": "bientôt"}, "distress": {"flagged_at": "hier"}"#)
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        let read = try #require(batch.records.first).openCase
        #expect(read.confidential)
        #expect(read.hold == Hold(until: nil))
        #expect(read.distress == Distress(flaggedAt: read.openedAt))
    }

    @Test(arguments: [
        #""comment": ["secret-canary"]"#, #""contact": {"last_name": {"x": "secret-canary"}}"#,
        #""contact": {"email": "secret-canary"}"#, #""contact": {"mobile": "secret-canary"}"#,
        #""hold": {"until": "secret-canary"}"#, #""business": {"siret": "secret-canary"}"#,
    ]) func `the sentence for logs shows no value`(field: String) throws {
        let text = caseText("2020-0302", field)
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        #expect(!batch.problems.isEmpty)
        #expect(!batch.problems.contains { $0.description.contains("canary") })
    }

    @Test func `a key that breaks the line is told on one line`() throws {
        let text = caseText("2020-0302", #""a\nFAUX: b": 1"#)
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        #expect(
            batch.problems.map(\.description) == [
                #"one.json:1:86: record 2020-0302: a\u{a}FAUX: b: unknown key"#
            ])
    }

    @Test func `the sentence for the keeper of the file shows the value on one line`() throws {
        let text = caseText("2020-0302", #""contact": {"email": "a@b\nRCPT TO:<x>"}"#)
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        #expect(
            batch.problems.map(\.detailed) == [
                #"one.json:1:107: record 2020-0302: contact.email: found “a@b\u{a}RCPT TO:<x>”, expected one address such as name@company.example: control character at position 4; field not used"#
            ])
    }

    @Test(arguments: [
        ("732829320", true), ("73282932000074", true), ("35600000000048", true), ("35600000049837", true),
        ("73282932000075", false), ("35600000049838", false), ("123", false),
    ]) func `register numbers are checked by their digit`(number: String, isPossible: Bool) throws {
        let text = caseText("2020-0302", "\"business\": {\"siret\": \"\(number)\"}")
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        #expect(batch.problems.isEmpty == isPossible)
        #expect(batch.records.first?.openCase.business.siret == number)
    }

    @Test func `marks stacked upon a letter are limited, and text keeps its accents`() throws {
        let stacked = "e" + String(repeating: "\\u0301", count: 150)
        let text = caseText(
            "2020-0302", "\"contact\": {\"first_name\": \"\(stacked)\", \"last_name\": \"D'Hérou\\tville 🍎\"}"
        )
        let batch = try CaseBatch.read(Array(text.utf8), file: "one.json", lines: false, rules: .autumn2020)
        let contact = try #require(batch.records.first).openCase.contact
        #expect(contact.firstName?.unicodeScalars.count == 4)
        #expect(contact.lastName == "D'Hérou ville 🍎")
    }
}
