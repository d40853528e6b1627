import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The real courier over a relay that demands TLS and an account, one cell at a time in a house with a second route.
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
            var trial = SMTPMatrix.Trial(name, word, at: stage, script: SMTPMatrix.script(fault, at: stage))
            trial.detail = SMTPMatrix.detail(fault, at: stage)
            trial.speaksInBody = stage == .body && ![.drop, .close, .stall].contains(fault)
            return Cell(
                testDescription: name, trial: trial,
                isLarge: stage == .body && [.drop, .close, .stall].contains(fault))
        }
        + SMTPMatrix.trials.map { Cell(testDescription: $0.name, trial: $0, isLarge: false) }

    @Test
    func `a delivery ends as its cell says, is told of in its line, and the other route is not delayed`()
        async
    {
        // In a process of its own: in this one, tests that compute hold up whatever waits for a thread.
        await #expect(processExitsWith: .success) {
            await MatrixHouse.judge(SMTPMatrixTests.cells) {
                try await SMTPMatrixTests.play($0, patience: $1)
            }
        }
    }

    /// What is wrong with a cell; without a patience it is the shortest that leaves the neighbours their five seconds.
    private static func play(_ cell: Cell, patience: Int64?) async throws -> [MatrixHouse.Problem] {
        let stage = try Stage(cell.trial, patience: patience ?? (cell.trial.end.isSilence ? 8 : 60))
        defer { stage.server.stop() }
        let courier = WatchedCourier(
            stage.courier, filler: cell.isLarge ? SMTPMatrix.tooMuchForSockets : [],
            handsOverAfter: stage.hasSpoken, isThere: stage.isThere)
        let house = try await MatrixHouse(
            MatrixHouse.Sick(
                channel: .email, courier: courier, patience: stage.patience,
                isSilent: cell.trial.end.isSilence,
                isLasting: cell.trial.isLasting))
        return try await stage.problems(of: house, courier.deliveries, of: cell.trial)
    }

    /// A relay as a trial has it, and the courier that leads there.
    struct Stage: Sendable {
        let server: ScriptedSMTPServer
        let courier: SMTPCourier
        let patience: Int64
        /// Opens when the relay is where the trial has it.
        let isThere = Latch()
        /// Opens when the relay has said what it says while a message is on its way; nil where it says nothing there.
        let hasSpoken: Latch?

        init(_ trial: SMTPMatrix.Trial, patience: Int64) throws {
            self.patience = patience
            let identity = try TLSIdentity(trial.flaw, newest: trial.newest)
            hasSpoken = trial.speaksInBody ? Latch() : nil
            let (script, isThere, hasSpoken) = (trial.script, isThere, hasSpoken)
            server = try ScriptedSMTPServer(
                extensions: trial.extensions, identity: identity, speaksTLSFirst: trial.tls == .implicit
            ) { stage, times in
                let behaviour = script(stage, times)
                if behaviour != nil { isThere.open() }
                guard let behaviour, stage == .body, let hasSpoken else { return behaviour }
                return .first(behaviour, then: .opening(hasSpoken))
            }
            var relay = SMTPRelay.demandingTLS(of: server, as: identity, tls: trial.tls, patience: patience)
            relay.host = trial.host
            courier = try SMTPCourier(relay, concurrency: 1)
            if trial.isAbsent { server.stop() }
        }

        /// What is wrong with what became of the messages, and with what the relay heard and took.
        func problems(
            of house: MatrixHouse, _ deliveries: [WatchedCourier.Delivery], of trial: SMTPMatrix.Trial
        ) async throws -> [MatrixHouse.Problem] {
            let copies = trial.end.copies + (trial.isLasting ? 0 : 1)
            _ = try await server.hasAccepted(copies)
            let taken = server.accepted.map { Taken($0.sender, $0.recipient, $0.octets) }
            let given = deliveries.compactMap { $0.parcel.mail }.map {
                Taken($0.sender.description, $0.recipient.description, $0.bytes)
            }
            var problems = house.problems(
                expecting: trial.end, copies: taken.count { $0 == given.first }, detail: trial.detail)
            func check(_ holds: Bool, _ what: String) {
                if !holds { problems.append(.init(description: what, mayPass: trial.end.isSilence)) }
            }
            check(taken.count == copies, "the relay has \(taken.count) messages")
            check(taken.allSatisfy { given.contains($0) }, "the relay has other octets than were given")
            check(server.complaints.isEmpty, "the relay complains of \(server.complaints)")
            let isBeforeData =
                trial.stage.map { SMTPMatrix.stages.prefix { $0 != .body }.contains($0) } ?? true
            if isBeforeData, !trial.end.isAccepted, !trial.end.isAmbiguous {
                check(deliveries.first?.handovers == 0, "handed over before DATA")
            }
            for words in server.heardInClear {
                for secret in ["AUTH", "MAIL", "RCPT", "DATA", "Subject", "Essai", "@cci.example", "canary"] {
                    check(!words.contains(secret), "said in clear: \(secret)")
                }
            }
            return problems
        }

        private struct Taken: Hashable {
            let sender: String
            let recipient: String
            let octets: [UInt8]

            init(_ sender: String, _ recipient: String, _ octets: [UInt8]) {
                (self.sender, self.recipient, self.octets) = (sender, recipient, octets)
            }
        }
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
        #expect(Self.cells.count >= 200)
    }
}
