import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The ways in which a call for the receipts' desk is not what it should be (reliability 3.5).
enum ReceiptMode: String, CaseIterable, Sendable {
    case duplicate, replayed, stale, unsigned, badlySigned, reordered, flood, injection
    case malformed, saidTwice, wrongMethod, unknownReference, unknownRoute, otherRoute
    case huge, half, slow, traversal

    /// Where the console is tried with it, which lets none of it come to the desk; nil where the desk has to judge.
    var placeInConsole: (suite: String, test: String)? {
        switch self {
        case .huge: ("HostileCallerTests", "K4 a body of 64 KiB is taken whole, one byte more is too large")
        case .half: ("HostileCallerTests", "K4 a body that is cut off is never taken for a whole one")
        case .slow: ("HostileCallerTests", "K4 a body that drips is a time-out, although it goes on")
        case .traversal: ("ReceiptDoorTests", "a path that is not ours leads nowhere")
        default: nil
        }
    }
}

/// What nobody honest calls in: its answer, the line of the log, and a ledger that stays as it is (reliability 2.11, 3.10).
@Suite(.timeLimit(.minutes(10))) struct HostileReceiptTests {
    typealias Callback = RelanceCore.GatewayCallback

    /// A call that is refused, and why.
    struct Row: CustomTestStringConvertible, Sendable {
        let mode: ReceiptMode
        let testDescription: String
        let call: Callback
        let status: Int
        let kind: ReceiptsDesk.Kind
        let route: String
        let reason: String

        init(
            _ mode: ReceiptMode, _ name: String, _ call: Callback, _ status: Int, _ kind: ReceiptsDesk.Kind,
            on route: String = "texts", _ reason: String
        ) {
            (self.mode, testDescription, self.call) = (mode, name, call)
            (self.status, self.kind, self.route, self.reason) = (status, kind, route, reason)
        }

        /// The one line of the log.
        var line: String {
            "<4>a receipt is refused reason=\(JournalLogHandler.value(reason)) route=\(route) so_far=1 status=\(status)\n"
        }
    }

    private static let delivered = ReceiptsFixture.receipt("delivered")
    private static let digits = String(repeating: "9", count: 5000)

    static let rows: [Row] =
        strangers + nonsense + [
            Row(
                .unknownReference, "K2 unknown reference",
                ReceiptsFixture.call(
                    ReceiptsFixture.receipt("delivered", of: "\(MessageKey.make("another")).0")), 404,
                .unknownReference, "no message of that reference"),
            Row(
                .unknownReference, "K2 a sending that never was",
                ReceiptsFixture.call(ReceiptsFixture.receipt("delivered", of: "\(ReceiptsFixture.key).7")),
                404,
                .unknownReference, "no message of that reference"),
            Row(
                .otherRoute, "K2 a sending of another route", ReceiptsFixture.call(delivered, route: "other"),
                404,
                .unknownReference, on: "other", "no message of that reference"),
        ]

    /// Whom the desk does not know, or whose route takes none.
    private static let strangers = [
        Row(
            .unsigned, "K1 unsigned", ReceiptsFixture.call(delivered, token: nil), 403, .forbidden,
            "wrong or missing token"),
        Row(
            .badlySigned, "K1 wrong token", ReceiptsFixture.call(delivered, token: "0123"), 403, .forbidden,
            "wrong or missing token"),
        Row(
            .unknownRoute, "K2 unknown route", ReceiptsFixture.call(delivered, route: "nowhere"), 404,
            .unknownRoute, on: "none", "a route that takes no receipts"),
        Row(
            .unknownRoute, "K2 a mail route", ReceiptsFixture.call(delivered, route: "spool"), 404,
            .unknownRoute,
            on: "none", "a route that takes no receipts"),
        Row(
            .unknownRoute, "K2 a gateway without receipts", ReceiptsFixture.call(delivered, route: "quiet"),
            404,
            .unknownRoute, on: "none", "a route that takes no receipts"),
    ]

    /// What says nothing, or too much.
    private static let nonsense = [
        Row(
            .malformed, "K5 malformed", ReceiptsFixture.call("{"), 400, .malformed,
            "says nothing that we know"),
        Row(.malformed, "K5 empty", ReceiptsFixture.call(""), 400, .malformed, "says nothing that we know"),
        Row(
            .malformed, "K5 nested without end", ReceiptsFixture.call(String(repeating: "[", count: 60_000)),
            400,
            .malformed, "says nothing that we know"),
        Row(
            .saidTwice, "K5 the status twice",
            ReceiptsFixture.call(ReceiptsFixture.receipt("failed", more: #","status":"delivered""#)), 400,
            .malformed, "says something twice"),
        Row(
            .saidTwice, "K5 something twice in the query",
            {
                var call = ReceiptsFixture.call(delivered)
                call.query = "status=failed&status=delivered"
                return call
            }(), 400, .malformed, "says something twice"),
        Row(
            .saidTwice, "K5 something twice in a form",
            {
                var call = ReceiptsFixture.call("status=failed&status=delivered")
                call.headers = [.init("content-type", "application/x-www-form-urlencoded")]
                return call
            }(), 400, .malformed, "says something twice"),
        Row(
            .malformed, "K5 an identifier of 5000 digits",
            ReceiptsFixture.call(ReceiptsFixture.receipt("delivered", of: digits)), 400, .malformed,
            "says nothing that we know"),
        Row(
            .malformed, "K5 a number of 5000 digits for an identifier",
            ReceiptsFixture.call(#"{"reference":\#(digits),"status":"delivered"}"#), 400, .malformed,
            "says nothing that we know"),
        Row(
            .malformed, "K5 invalid UTF-8",
            ReceiptsFixture.call(
                bytes: Array(ReceiptsFixture.receipt("delivered", more: #","by":""#).utf8.dropLast()) + [
                    0xC3, 0x28, 0x22, 0x7D,
                ]), 400, .malformed, "says nothing that we know"),
        Row(
            .wrongMethod, "K5 another method", ReceiptsFixture.call(delivered, method: .get), 405, .malformed,
            "called with another method"),
    ]

    @Test(arguments: rows)
    func `a hostile call changes nothing, gets its status, is counted and has its line`(row: Row) async throws
    {
        let house = try ReceiptsFixture()
        try await house.send()
        let before = house.entries
        let answer = await house.desk.receive(row.call)
        #expect(answer == CallbackAnswer(status: row.status))
        #expect(house.entries == before && house.phase == .sent)
        #expect(await house.desk.counts == [row.kind: 1])
        #expect(await house.errands.take().changed.isEmpty)
        #expect(house.lines.all == [row.line])
        if let dialect = house.dialect(of: row.route) {
            // K5: 50 ms, twenty times over: not optimised, and on a machine that is busy elsewhere.
            let took = ContinuousClock().measure {
                _ = dialect.reading(of: row.call, now: ReceiptsFixture.start)
            }
            #expect(took <= .seconds(1))
        }
        try await house.ledger.close()
    }

    // MARK: Signed

    /// A call to a route whose gateway signs: how far its instant is from ours, what is signed, and what comes of it.
    struct Signed: CustomTestStringConvertible, Sendable {
        let mode: ReceiptMode
        let testDescription: String
        /// Why it is refused; nil when it is taken.
        let refusal: String?
        var age = Elapsed.seconds(0)
        var saysWhen = true
        var token: String?
        var signed: String?
        var key = ReceiptsFixture.signingKey
        var isSigned = true

        static let body =
            #"{"event":"sms:delivered","payload":{"messageId":"\#(ReceiptsFixture.reference)"}}"#

        var call: Callback {
            let stamp = String((ReceiptsFixture.start - age).seconds)
            let text = (signed ?? Self.body) + (saysWhen ? stamp : "")
            var headers = [Callback.Header("content-type", "application/json")]
            if saysWhen { headers.append(.init("x-timestamp", stamp)) }
            if isSigned {
                let digest = GatewayDigest.hmacSHA256Hex.digest(of: Array(text.utf8), key: Array(key.utf8))
                headers.append(.init("x-signature", digest))
            }
            return Callback(
                route: "phone", token: token, method: .post, headers: headers, body: Array(Self.body.utf8))
        }

        init(
            _ mode: ReceiptMode, _ name: String, refused reason: String? = nil,
            _ change: (inout Signed) -> Void = { _ in }
        ) {
            (self.mode, testDescription, refusal) = (mode, name, reason)
            change(&self)
        }
    }

    static let signed = [
        Signed(.unsigned, "K1 rightly signed, without a token"),
        Signed(.unsigned, "K1 rightly signed, with the token") { $0.token = ReceiptsFixture.token },
        Signed(.unsigned, "K1 not signed", refused: "unsigned") { $0.isSigned = false },
        Signed(.unsigned, "K1 the token alone", refused: "unsigned") {
            ($0.isSigned, $0.token) = (false, ReceiptsFixture.token)
        },
        Signed(.badlySigned, "K1 signed with another key", refused: "wrongly signed") { $0.key = "another" },
        Signed(.badlySigned, "K1 the signature of another body", refused: "wrongly signed") {
            $0.signed = Signed.body.replacingOccurrences(of: "delivered", with: "failed")
        },
        Signed(.badlySigned, "K1 rightly signed, with a wrong token", refused: "wrong or missing token") {
            $0.token = "0123"
        },
        Signed(.stale, "K1 signed 300 s ago") { $0.age = .seconds(300) },
        Signed(.stale, "K1 signed in 300 s") { $0.age = .seconds(-300) },
        Signed(.stale, "K1 signed 301 s ago", refused: "signed too long ago") { $0.age = .seconds(301) },
        Signed(.stale, "K1 signed in 301 s", refused: "signed too long ago") { $0.age = .seconds(-301) },
        Signed(.stale, "K1 signed an hour ago", refused: "signed too long ago") { $0.age = .hours(1) },
        Signed(.stale, "K1 signed in an hour", refused: "signed too long ago") { $0.age = .hours(-1) },
        Signed(.stale, "K1 signed without its instant", refused: "signed without its instant") {
            $0.saysWhen = false
        },
    ]

    @Test(arguments: signed)
    func `a signed call is taken once and is refused when it is not as it was signed, or not of now`(
        row: Signed
    ) async throws {
        let house = try ReceiptsFixture()
        try await house.send(ReceiptsFixture.key, on: "phone")
        let before = house.entries
        let answer = await house.desk.receive(row.call)
        if let reason = row.refusal {
            #expect(answer == CallbackAnswer(status: 403))
            #expect(house.entries == before && house.phase == .sent)
            #expect(await house.desk.counts == [.forbidden: 1])
            #expect(
                house.lines.all == [
                    "<4>a receipt is refused reason=\(JournalLogHandler.value(reason)) route=phone so_far=1 status=403\n"
                ])
        } else {
            #expect(answer.status == 200)
            #expect(house.entries == before + 1 && house.phase == .delivered)
            // Replayed, it is acknowledged and says nothing new.
            #expect(await house.desk.receive(row.call) == answer)
            #expect(house.entries == before + 1)
            #expect(await house.desk.counts == [.taken: 1, .nothingNew: 1])
            #expect(house.lines.all.isEmpty)
        }
        try await house.ledger.close()
    }

    // MARK: Injection

    /// Words that mean something to whoever reads a log, a terminal or JSON.
    static let injections = [
        "x\r\n<3>message refused key=forged", "\u{1B}[2J\u{1B}]0;x\u{7}", "\u{202E}gnp.x",
        #"x"},{"k":"receipt"}"#,
    ]

    @Test(arguments: ["status", "error", "reference"], injections)
    func `nothing that is said in a call starts a line, an entry or a sequence of its own`(
        field: String, words: String
    ) async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let before = house.entries
        var said = ["reference": ReceiptsFixture.reference, "status": "failed", "error": "busy"]
        said[field] = words
        let body = try JSONSerialization.data(withJSONObject: said)
        let answer = await house.desk.receive(ReceiptsFixture.call(bytes: Array(body)))
        try await house.ledger.close()

        let entries = house.entries - before
        #expect(
            field == "reference" ? answer.status == 404 && entries == 0 : answer.status == 200 && entries <= 1
        )
        #expect(field != "error" || entries == 1)
        #expect(house.lines.all.count == (field == "reference" ? 1 : 0))
        let kept = try house.trail()
        // Attempted, handed over, its result: what comes after the plan.
        #expect(UInt64(kept.count) == 3 + entries)
        var texts = house.lines.all.map { String($0.dropLast()) }
        for case .receipted(_, let receipt) in kept.map(\.event) { texts.append(receipt.detail) }
        #expect(texts.count == house.lines.all.count + Int(entries))
        for text in texts {
            let strays = text.unicodeScalars.filter {
                [.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory)
            }
            #expect(strays.isEmpty, "\(text.debugDescription)")
            #expect(!text.contains("forged") || field == "error" || field == "status")
        }
    }

    // MARK: Floods

    @Test func `a flood of wrong calls leaves one line in the log every five minutes`() async throws {
        let house = try ReceiptsFixture()
        for _ in 0..<100 {
            _ = await house.desk.receive(ReceiptsFixture.call("{}", token: "wrong"))
        }
        #expect(house.lines.all.count == 1)
        house.clock.advance(to: ReceiptsFixture.start + .minutes(5))
        _ = await house.desk.receive(ReceiptsFixture.call("{}", token: "wrong"))
        #expect(house.lines.all.count == 2)
        #expect(await house.desk.counts == [.forbidden: 101])
        try await house.ledger.close()
    }

    @Test func `a flood of rightful calls writes nothing, and a text of another route leaves meanwhile`()
        async
    {
        // In a process of its own: in this one, tests that compute hold up whatever waits for a thread.
        await #expect(processExitsWith: .success) {
            let house = try ReceiptsFixture()
            try await house.send()
            let repeated = ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"))
            let stray = ReceiptsFixture.call(
                ReceiptsFixture.receipt("delivered", of: "\(MessageKey.make("another")).0"))
            _ = await house.desk.receive(repeated)
            let before = house.entries
            let log = EventLog()
            let outbox = try house.outbox([ScriptedCourier()]) { log.add($0) }
            async let working: Void = outbox.run()
            async let flood: Void = {
                for _ in 0..<1000 {
                    #expect(await house.desk.receive(repeated).status == 200)
                    #expect(await house.desk.receive(stray).status == 404)
                }
            }()
            let start = ContinuousClock.now
            let text = OutboxFixture.text()
            _ = try await house.ledger.admit([PlanRecord(text, instance: house.ledger.instance)])
            await outbox.offer([text])
            await log.waitForAttempts(1)
            #expect(.now - start <= .seconds(5))
            await flood
            // The text's own: planned, attempted, handed over, its result.
            #expect(house.entries == before + 4)
            #expect(house.lines.all.count == 1)
            #expect(await house.desk.counts == [.taken: 1, .nothingNew: 1000, .unknownReference: 1000])
            await outbox.drain(for: .seconds(0))
            try await working
            try await house.ledger.close()
        }
    }

    // MARK: The table

    @Test func `each way to be hostile has its row, or its place in the tests of the console`() throws {
        #expect(ReceiptMode.allCases.count == 18)
        // These have tests of their own, here and in `ReceiptsDeskTests`.
        let alone: Set<ReceiptMode> = [.duplicate, .replayed, .reordered, .flood, .injection]
        let inTables = Set(Self.rows.map(\.mode)).union(Self.signed.map(\.mode)).union(alone)
        let tests = URL(filePath: #filePath).appending(path: "../../../RelanceConsoleTests").standardized
        for mode in ReceiptMode.allCases {
            guard let place = mode.placeInConsole else {
                #expect(inTables.contains(mode), "\(mode)")
                continue
            }
            let file = tests.appending(path: place.suite + ".swift")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains("func `\(place.test)`("), "\(mode)")
        }
    }
}
