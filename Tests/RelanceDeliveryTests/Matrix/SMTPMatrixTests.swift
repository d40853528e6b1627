import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// The real courier over a relay that demands TLS and an account, one cell at a time.
@Suite(.timeLimit(.minutes(10))) struct SMTPMatrixTests {
    struct Cell: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let trial: SMTPMatrix.Trial
        /// More than sockets hold, so that the end comes while the body is leaving.
        let isLarge: Bool
    }

    private static let tables = [SMTPMatrix.session, SMTPMatrix.transaction].map { MatrixTable($0) }

    /// Every place of the two tables, empty ones too.
    private static let places: [(stage: SMTPMatrix.Stage?, fault: SMTPMatrix.Fault?, word: String)] =
        tables.flatMap { table in
            table.rows.flatMap { row in
                zip(table.columns, row.cells).map {
                    (SMTPMatrix.Stage(rawValue: $0), SMTPMatrix.Fault(rawValue: row.name), $1)
                }
            }
        }

    static let cells: [Cell] =
        places.compactMap { stage, fault, word in
            guard let stage, let fault, word != "-" else { return nil }
            let name = "\(stage.rawValue): \(fault.rawValue)"
            return Cell(
                testDescription: name,
                trial: SMTPMatrix.Trial(name, word, at: stage, SMTPMatrix.behaviour(fault, at: stage)),
                isLarge: stage == .body && [.drop, .close, .stall].contains(fault))
        }
        + SMTPMatrix.trials.map { Cell(testDescription: $0.name, trial: $0, isLarge: false) }

    /// Servers that mostly wait: two cores serve so many at once.
    private static let turnstile = Turnstile(places: 16)

    @Test(arguments: cells)
    func `a delivery ends as its cell says, nothing is said in clear, and the next message leaves`(
        cell: Cell
    ) async throws {
        try await Self.turnstile.pass {
            // Where our own patience is the end, a machine that is busy elsewhere is given more of it.
            var end = try await Self.play(cell, patience: cell.trial.end.isSilence ? 3 : 60)
            if cell.trial.end.isSilence, end != cell.trial.end {
                end = try await Self.play(cell, patience: 30)
            }
            #expect(end == cell.trial.end)
        }
    }

    private static func play(_ cell: Cell, patience: Int64) async throws -> MatrixEnd {
        let trial = cell.trial
        let identity = try TLSIdentity(trial.flaw, newest: trial.newest)
        let server = try ScriptedSMTPServer(
            extensions: trial.extensions, identity: identity, speaksTLSFirst: trial.tls == .implicit,
            script: trial.script)
        defer { server.stop() }
        let relay = SMTPRelay.demandingTLS(of: server, as: identity, tls: trial.tls, patience: patience)
        let courier = try SMTPCourier(relay, concurrency: 1)
        let handedOver = Latch()
        let outcome = await courier.deliver(cell.isLarge ? .tooLargeForSockets : .make()) {
            handedOver.open()
        }
        let end = MatrixEnd(outcome, copies: server.accepted.count)
        // What may have left was written down before, and an operator finds words for what went wrong.
        if end.copies > 0 || end.isAmbiguous { await handedOver.opened() }
        #expect(outcome.failure?.detail.isEmpty != true)

        // Whatever ails the relay itself stays; what was one fault leaves no trace in the courier.
        if !trial.isLasting {
            let next = MatrixEnd(await courier.deliver(.make("next")) {}, copies: server.accepted.count)
            #expect(next == MatrixEnd("accepted*\(end.copies + 1)"))
        }
        for words in server.heardInClear {
            for secret in ["AUTH", "MAIL", "RCPT", "DATA", "Bonjour", "conseiller", "canary"] {
                #expect(!words.contains(secret), "said in clear: \(secret)")
            }
        }
        return end
    }

    @Test func `the tables have every stage and every fault, and each empty cell its reason`() {
        var found: [String: String] = [:]
        for (stage, fault, word) in Self.places {
            guard let stage, let fault else {
                Issue.record("a row or a column with a name nobody knows")
                return
            }
            found["\(stage.rawValue) \(fault.rawValue)"] = word
        }
        #expect(
            Self.tables.allSatisfy { table in table.rows.allSatisfy { $0.cells.count == table.columns.count }
            })
        var empty: Set<String> = []
        for (stage, faults, reason) in SMTPMatrix.senseless {
            #expect(!reason.isEmpty)
            for fault in faults { empty.insert("\(stage.rawValue) \(fault.rawValue)") }
        }
        for stage in SMTPMatrix.stages {
            for fault in SMTPMatrix.Fault.allCases {
                let place = "\(stage.rawValue) \(fault.rawValue)"
                #expect(found[place] != nil, "\(place) is missing")
                #expect((found[place] == "-") == empty.contains(place), "\(place)")
            }
        }
        #expect(found.count == 170)
        #expect(Self.cells.count >= 190)
    }
}
