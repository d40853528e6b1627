import CurlClient
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The real courier with the shipped `generic` preset, over TLS, one cell at a time in a house with a second route.
@Suite(.timeLimit(.minutes(10))) struct HTTPMatrixTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let end: MatrixEnd
        var moment: ScriptedHTTPServer.Moment?
        let behaviour: ScriptedHTTPServer.Behaviour
        /// Nothing but our own patience ends it.
        var isEndless = false
        /// Whether the answer comes before the body is read, which it then is.
        var isAnsweredEarly = false
        /// How often the request comes whole: once, unless the gateway is gone or silent before.
        var requests = 1
        var detail = ""
        var host = TLSIdentity.host
        var isAbsent = false
        /// Whether it ails the gateway as such.
        var isLasting: Bool { isAbsent || host != TLSIdentity.host }
    }

    private static let wire = MatrixTable(HTTPMatrix.wire)
    private static let statuses = MatrixTable(HTTPMatrix.statuses)

    private static let wireCells: [Cell] = wire.rows.flatMap { row in
        zip(wire.columns, row.cells).compactMap { column, word in
            guard word != "-", let stage = HTTPMatrix.Stage(rawValue: column),
                let fault = HTTPMatrix.Fault(rawValue: row.name)
            else { return nil }
            let (moment, behaviour) = HTTPMatrix.behaviour(fault, at: stage)
            let isAnsweredEarly = fault == .early && stage == .head
            return Cell(
                testDescription: "\(column): \(row.name)", end: MatrixEnd(word), moment: moment,
                behaviour: behaviour, isEndless: fault == .stall, isAnsweredEarly: isAnsweredEarly,
                requests: moment == nil || fault == .drip || isAnsweredEarly ? 1 : 0)
        }
    }

    private static let statusCells: [Cell] = statuses.rows.compactMap { row in
        guard let status = Int(row.name), let word = row.cells.first else { return nil }
        let body = status == 204 || status == 304 ? "" : "{}"
        return Cell(testDescription: row.name, end: MatrixEnd(word), behaviour: .status(status, body))
    }

    private static let trialCells = HTTPMatrix.trials.map { trial in
        var cell = Cell(
            testDescription: trial.name, end: trial.end, behaviour: trial.behaviour,
            isEndless: trial.name.hasSuffix("for ever") || trial.name == "103 without an end")
        (cell.detail, cell.host, cell.isAbsent) = (trial.detail, trial.host, trial.isAbsent)
        if cell.isLasting { cell.requests = 0 }
        return cell
    }

    static let cells = wireCells + statusCells + trialCells

    @Test
    func
        `a sending ends as its cell says, is made once, is told of in its line, and the other route is not delayed`()
        async
    {
        // In a process of its own: in this one, tests that compute hold up whatever waits for a thread.
        await #expect(processExitsWith: .success) {
            await MatrixHouse.judge(HTTPMatrixTests.cells) {
                try await HTTPMatrixTests.play($0, patience: $1)
            }
        }
    }

    /// What is wrong with a cell; without a patience it is the shortest that leaves the neighbours their five seconds.
    private static func play(_ cell: Cell, patience: Int64?) async throws -> [MatrixHouse.Problem] {
        let stage = try Stage(cell, patience: patience ?? (cell.isEndless ? 8 : 60))
        defer { stage.server.stop() }
        let courier = WatchedCourier(stage.courier, isThere: stage.isThere)
        let house = try await MatrixHouse(
            MatrixHouse.Sick(
                channel: .sms, courier: courier, patience: stage.patience, isSilent: cell.isEndless,
                isLasting: cell.isLasting))
        return try await stage.problems(of: house, courier.deliveries, of: cell)
    }

    /// A gateway as a cell has it, once, and the courier that leads there.
    struct Stage: Sendable {
        let server: ScriptedHTTPServer
        let courier: GatewayCourier
        let patience: Int64
        /// Opens when the gateway is where the cell has it.
        let isThere = Latch()

        init(_ cell: Cell, patience: Int64) throws {
            self.patience = patience
            let identity = try TLSIdentity()
            let (isThere, hasActed) = (isThere, Guarded(false))
            @Sendable func actsNow() -> Bool {
                isThere.open()
                return hasActed.withLock { hasActed in
                    defer { hasActed = true }
                    return !hasActed
                }
            }
            let hasItsAnswer = Guarded(false)
            server = try ScriptedHTTPServer(
                identity: identity,
                early: { moment in
                    guard moment == cell.moment, actsNow() else { return nil }
                    hasItsAnswer.withLock { $0 = cell.isAnsweredEarly }
                    return cell.behaviour
                }
            ) { _ in
                if cell.moment == nil, actsNow() { return cell.behaviour }
                let isAnswered = hasItsAnswer.withLock { isAnswered in
                    defer { isAnswered = false }
                    return isAnswered
                }
                return isAnswered ? .octets([]) : .answer(HTTPMatrix.goodAnswer)
            }
            courier = try GatewayCourier.generic(
                "https://\(cell.host):\(server.port)", authorities: identity.authorities, patience: patience)
            if cell.isAbsent { server.stop() }
        }

        /// What is wrong with what became of the messages, and with what the gateway heard.
        func problems(
            of house: MatrixHouse, _ deliveries: [WatchedCourier.Delivery], of cell: Cell
        ) async throws -> [MatrixHouse.Problem] {
            let count = cell.requests + (cell.isLasting ? 0 : 1)
            _ = try await server.hasRequests(count)
            let requests = server.requests
            var problems = house.problems(expecting: cell.end, copies: 0, detail: cell.detail)
            func check(_ holds: Bool, _ what: String) {
                if !holds { problems.append(.init(description: what, mayPass: cell.isEndless)) }
            }
            // Whatever it answers, it is asked once, with what was given and nothing else.
            check(requests.count == count, "the gateway has \(requests.count) requests")
            check(
                requests.allSatisfy { $0.head.first == "POST /messages HTTP/1.1" }, "asked for something else"
            )
            let given = try deliveries.compactMap { delivery -> [UInt8]? in
                guard case .text(let text) = delivery.parcel.content else { return nil }
                return try courier.dialect.sending(text, session: .init(), now: OutboxFixture.morning).body
            }
            check(
                requests.map(\.body) == Array(given.suffix(count)),
                "the gateway has other octets than were given")
            check(server.complaints.isEmpty, "the gateway complains of \(server.complaints)")
            // Nothing had left that was not written down.
            check(cell.requests <= deliveries.first?.handovers ?? 0, "sent before it was handed over")
            return problems
        }
    }

    // MARK: TLS

    @Test(arguments: TLSIdentity.Flaw.allCases)
    func `a gateway whose certificate has a flaw gets nothing, and a human is called`(
        flaw: TLSIdentity.Flaw
    ) async throws {
        try await Self.expectNothingSaid(to: try TLSIdentity(flaw), saying: flaw.words)
    }

    @Test(arguments: [TLSIdentity.Version.tls1_0, .tls1_1])
    func `a gateway with an old TLS gets nothing, and a human is called`(
        version: TLSIdentity.Version
    ) async throws {
        try await Self.expectNothingSaid(to: try TLSIdentity(newest: version), saying: "protocol version")
    }

    static let parcel = Parcel(
        key: .make("text"), kind: .appointmentSoon,
        content: .text(
            Parcel.TextMessage(
                recipient: .make("06 39 98 20 14"), text: "Bonjour",
                reference: "abcdefghijklmnopqrstuvwxyz.0",
                usefulUntil: OutboxFixture.morning + .hours(2))))

    private static func expectNothingSaid(to identity: TLSIdentity, saying words: String) async throws {
        let server = try ScriptedHTTPServer(identity: identity) { _ in .answer(HTTPMatrix.goodAnswer) }
        defer { server.stop() }
        let courier = try GatewayCourier.generic(
            "https://\(TLSIdentity.host):\(server.port)", authorities: identity.authorities)
        let outcome = await courier.deliver(Self.parcel) { Issue.record("handed over") }
        #expect(MatrixEnd(outcome, copies: 0) == MatrixEnd("route:tls!"))
        #expect(outcome.failure?.detail.contains(words) == true, "\(outcome)")
        #expect(server.requests.isEmpty)
    }

    // MARK: When to come back

    @Test(arguments: HTTPMatrix.retryAfters)
    func `a gateway that says when to come back is believed within bounds`(
        said: String, kept: Int64?
    ) async throws {
        for status in [429, 503] {
            let identity = try TLSIdentity()
            let server = try ScriptedHTTPServer(identity: identity) { _ in
                .status(status, "{}", headers: ["Retry-After: \(said)"])
            }
            defer { server.stop() }
            let courier = try GatewayCourier.generic(
                "https://\(TLSIdentity.host):\(server.port)", authorities: identity.authorities)
            let outcome = await courier.deliver(Self.parcel) {}
            #expect(outcome.failure?.scope == .route && outcome.failure?.alert == false)
            #expect(outcome.failure?.retryAfter == kept.map { .seconds($0) }, "\(status)")
        }
    }

    // MARK: Redirects

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is not followed to somebody who is trusted either`(status: Int) async throws {
        let identity = try TLSIdentity()
        let other = try ScriptedHTTPServer(identity: identity) { _ in .answer(HTTPMatrix.goodAnswer) }
        defer { other.stop() }
        let place = "https://\(TLSIdentity.host):\(other.port)/messages"
        let server = try ScriptedHTTPServer(identity: identity) { _ in
            .status(status, headers: ["Location: \(place)"])
        }
        defer { server.stop() }
        let courier = try GatewayCourier.generic(
            "https://\(TLSIdentity.host):\(server.port)", authorities: identity.authorities)
        let outcome = await courier.deliver(Self.parcel) {}
        #expect(MatrixEnd(outcome, copies: 0) == MatrixEnd("route:configuration!"))
        #expect(server.requests.count == 1 && other.connections == 0)

        // The other one is as good as any: who is sent there gets an answer.
        let there = try GatewayCourier.generic(
            "https://\(TLSIdentity.host):\(other.port)", authorities: identity.authorities)
        #expect(MatrixEnd(await there.deliver(Self.parcel) {}, copies: 0) == MatrixEnd("accepted"))
        #expect(other.connections == 1)
    }

    // MARK: The tables

    @Test func `the table has every stage and every fault, and each empty cell its reason`() {
        var empty: Set<String> = []
        for (stage, faults, reason) in HTTPMatrix.senseless {
            #expect(!reason.isEmpty)
            for fault in faults { empty.insert("\(stage.rawValue) \(fault.rawValue)") }
        }
        #expect(Self.wire.columns == HTTPMatrix.Stage.allCases.map(\.rawValue))
        #expect(Self.wire.rows.map(\.name) == HTTPMatrix.Fault.allCases.map(\.rawValue))
        for row in Self.wire.rows {
            #expect(row.cells.count == Self.wire.columns.count)
            for (column, word) in zip(Self.wire.columns, row.cells) {
                #expect((word == "-") == empty.contains("\(column) \(row.name)"), "\(column) \(row.name)")
            }
        }
    }

    @Test func `every status that RFC 9110 knows has its row, and every class one nobody knows`() {
        let known = Set(Self.statuses.rows.compactMap { Int($0.name) })
        let registered = [200...206, 300...308, 400...417, 421...422, 426...426, 500...505].joined()
        #expect(known.isSuperset(of: registered))
        #expect(known.isSuperset(of: [299, 399, 425, 429, 431, 451, 499, 599]))
        #expect(Self.cells.count >= 210)
    }
}
