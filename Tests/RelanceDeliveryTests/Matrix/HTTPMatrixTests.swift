import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

/// The real courier with the shipped `generic` preset, over TLS, one cell at a time.
@Suite(.timeLimit(.minutes(10))) struct HTTPMatrixTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let end: MatrixEnd
        var moment: ScriptedHTTPServer.Moment?
        let behaviour: ScriptedHTTPServer.Behaviour
        /// Nothing but our own patience ends it.
        var isEndless = false
    }

    private static let wire = MatrixTable(HTTPMatrix.wire)
    private static let statuses = MatrixTable(HTTPMatrix.statuses)

    private static let wireCells: [Cell] = wire.rows.flatMap { row in
        zip(wire.columns, row.cells).compactMap { column, word in
            guard word != "-", let stage = HTTPMatrix.Stage(rawValue: column),
                let fault = HTTPMatrix.Fault(rawValue: row.name)
            else { return nil }
            let (moment, behaviour) = HTTPMatrix.behaviour(fault, at: stage)
            return Cell(
                testDescription: "\(column): \(row.name)", end: MatrixEnd(word), moment: moment,
                behaviour: behaviour, isEndless: fault == .stall)
        }
    }

    private static let statusCells: [Cell] = statuses.rows.compactMap { row in
        guard let status = Int(row.name), let word = row.cells.first else { return nil }
        let body = status == 204 || status == 304 ? "" : "{}"
        return Cell(testDescription: row.name, end: MatrixEnd(word), behaviour: .status(status, body))
    }

    private static let trialCells = HTTPMatrix.trials.map {
        Cell(
            testDescription: $0.name, end: $0.end, behaviour: $0.behaviour,
            isEndless: $0.name.hasSuffix("for ever") || $0.name == "103 without an end")
    }

    static let cells = wireCells + statusCells + trialCells

    /// Servers that mostly wait: two cores serve so many at once.
    private static let turnstile = Turnstile(places: 16)

    @Test(arguments: cells)
    func `a sending ends as its cell says, and is made once`(cell: Cell) async throws {
        try await Self.turnstile.pass {
            // Where our own patience is the end, a machine that is busy elsewhere is given more of it.
            var end = try await Self.play(cell, patience: cell.isEndless ? 3 : 60)
            if cell.isEndless, !cell.end.allows(end) { end = try await Self.play(cell, patience: 30) }
            #expect(cell.end.allows(end), "\(end)")
        }
    }

    private static func play(_ cell: Cell, patience: Int64) async throws -> MatrixEnd {
        let identity = try TLSIdentity()
        let server = try ScriptedHTTPServer(
            identity: identity, early: { $0 == cell.moment ? cell.behaviour : nil }
        ) { _ in cell.behaviour }
        defer { server.stop() }
        let courier = try courier(to: server, authorities: identity.authorities, patience: patience)
        let handovers = Guarded(0)
        let outcome = await courier.deliver(try parcel()) { handovers.withLock { $0 += 1 } }
        // Whatever it answers, it is asked once, and nothing had left that was not written down.
        #expect(server.requests.count <= 1)
        #expect(server.requests.allSatisfy { $0.head.first == "POST /messages HTTP/1.1" })
        let wasHandedOver = handovers.withLock { $0 }
        #expect(wasHandedOver <= 1 && server.requests.count <= wasHandedOver)
        let end = MatrixEnd(outcome, copies: 0)
        if end.isAmbiguous || end.description.hasPrefix("accepted") { #expect(wasHandedOver == 1) }
        #expect(outcome.failure?.detail.isEmpty != true)
        return end
    }

    static func courier(
        to server: ScriptedHTTPServer, authorities: String, patience: Int64 = 60
    ) throws -> GatewayCourier {
        let gateway = SMSGateway(
            preset: try #require(Conversation.preset("generic")),
            address: try #require(GatewayAddress("https://\(TLSIdentity.host):\(server.port)")),
            clearText: .onLoopback, sender: "CCINORMAND", values: ["api_key": .secret(Secret("canary-key"))],
            certificateFile: authorities, connectTimeout: .seconds(60), totalTimeout: .seconds(patience),
            costPerPart: nil, receipts: nil)
        return try GatewayCourier(gateway, route: "texts", concurrency: 1, now: { Conversation.now })
    }

    static func parcel() throws -> Parcel {
        Parcel(key: .make("text"), kind: .appointmentSoon, content: .text(try Conversation.message()))
    }

    // MARK: TLS

    @Test(arguments: TLSIdentity.Flaw.allCases)
    func `a gateway whose certificate has a flaw gets nothing, and a human is called`(
        flaw: TLSIdentity.Flaw
    ) async throws {
        try await Self.expectNothingSaid(to: try TLSIdentity(flaw))
    }

    @Test(arguments: [TLSIdentity.Version.tls1_0, .tls1_1])
    func `a gateway with an old TLS gets nothing, and a human is called`(
        version: TLSIdentity.Version
    ) async throws {
        try await Self.expectNothingSaid(to: try TLSIdentity(newest: version))
    }

    private static func expectNothingSaid(to identity: TLSIdentity) async throws {
        let server = try ScriptedHTTPServer(identity: identity) { _ in .answer(HTTPMatrix.goodAnswer) }
        defer { server.stop() }
        let courier = try courier(to: server, authorities: identity.authorities)
        let outcome = await courier.deliver(try parcel()) { Issue.record("handed over") }
        #expect(MatrixEnd(outcome, copies: 0) == MatrixEnd("route:tls!"))
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
            let courier = try Self.courier(to: server, authorities: identity.authorities)
            let outcome = await courier.deliver(try Self.parcel()) {}
            #expect(outcome.failure?.scope == .route && outcome.failure?.alert == false)
            #expect(outcome.failure?.retryAfter == kept.map { .seconds($0) }, "\(status)")
        }
    }

    // MARK: Memory

    @Test func `no answer makes this program grow by more than 32 MiB`() async {
        // In a process of its own: the memory of this one belongs to every test.
        await #expect(processExitsWith: .success) {
            // Once for what libcurl, OpenSSL and the preset take for good.
            _ = try await HTTPMatrixTests.play(
                Cell(testDescription: "", end: MatrixEnd(""), behaviour: .answer(HTTPMatrix.goodAnswer)),
                patience: 60)
            for trial in HTTPMatrix.paces {
                let before = try ResidentMemory.bytes()
                let isEndless = trial.name.hasSuffix("for ever") || trial.name == "103 without an end"
                _ = try await HTTPMatrixTests.play(
                    Cell(testDescription: trial.name, end: trial.end, behaviour: trial.behaviour),
                    patience: isEndless ? 1 : 60)
                let rise = try ResidentMemory.bytes() - before
                #expect(rise <= 32 << 20, "\(trial.name): \(rise >> 20) MiB")
            }
        }
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
        #expect(Self.cells.count >= 150)
    }
}
