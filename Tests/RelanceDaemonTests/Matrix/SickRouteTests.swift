import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A route that is sick hurts its own messages only (reliability 2.2 G7, 2.10, 3.4).
///
/// Mails take route `a`, which is sick, and texts route `b`, which is well. The clock stands, so that whatever waited for
/// anything would wait for ever.
@Suite(.timeLimit(.minutes(10))) struct SickRouteTests {
    private static let morning = OutboxFixture.morning
    private static let order: [Channel: [String]] = [.email: ["a"], .sms: ["b"]]

    /// One way to be sick, and what becomes of the messages that meet it.
    struct Sickness: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let act: ScriptedCourier.Act
        /// Of each of its messages, once it was tried.
        let phase: LedgerMessage.Phase
        /// What whoever looks after the machine is told once five in a row have met it.
        let incidents: Set<Incident>
        /// Whether the next route of the same channel takes a message over at once.
        let passesOn: Bool

        init(
            _ name: String, _ outcome: DeliveryOutcome, handsOver: Bool, _ phase: LedgerMessage.Phase,
            _ incidents: Set<Incident> = [], passesOn: Bool = false
        ) {
            testDescription = name
            act = ScriptedCourier.Act(outcome: outcome, handsOver: handsOver)
            self.phase = phase
            self.incidents = incidents
            self.passesOn = passesOn
        }
    }

    private static func failure(
        _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, alert: Bool = false,
        retryAfter: Elapsed? = nil
    ) -> DeliveryFailure {
        DeliveryFailure(
            kind: kind, scope: scope, detail: kind.rawValue, alert: alert, retryAfter: retryAfter)
    }

    static let sicknesses: [Sickness] = [
        Sickness(
            "cannot be reached", .deferred(failure(.connection, .route)), handsOver: false,
            .deferred(until: morning + .minutes(5)), [.routeFails("a")], passesOn: true),
        Sickness(
            "falls silent before anything has left", .deferred(failure(.timeout, .route)), handsOver: false,
            .deferred(until: morning + .minutes(5)), [.routeFails("a")], passesOn: true),
        Sickness(
            "has a bad certificate", .deferred(failure(.tls, .route, alert: true)), handsOver: false,
            .deferred(until: morning + .minutes(5)), [.routeFails("a"), .routeNeedsCare("a", .tls)],
            passesOn: true),
        Sickness(
            "refuses our account", .deferred(failure(.authentication, .route, alert: true)), handsOver: false,
            .deferred(until: morning + .minutes(5)),
            [.routeFails("a"), .routeNeedsCare("a", .authentication)], passesOn: true),
        Sickness(
            "redirects us", .deferred(failure(.configuration, .route, alert: true)), handsOver: true,
            .deferred(until: morning + .minutes(5)),
            [.routeFails("a"), .routeNeedsCare("a", .configuration)],
            passesOn: true),
        Sickness(
            "says when to come back", .deferred(failure(.throttled, .route, retryAfter: .minutes(2))),
            handsOver: true, .deferred(until: morning + .minutes(2)), [.routeFails("a")], passesOn: true),
        Sickness(
            "puts the message off", .deferred(failure(.refused, .message)), handsOver: false,
            .deferred(until: morning + .minutes(5))),
        Sickness(
            "falls silent over the message", .deferred(failure(.timeout, .message)), handsOver: false,
            .deferred(until: morning + .minutes(5))),
        Sickness("refuses the message", .refused(failure(.refused, .message)), handsOver: true, .failed),
        Sickness(
            "takes it perhaps", .ambiguous(failure(.connection, .message)), handsOver: true,
            .deferred(until: morning + .minutes(15)), [.routeFails("a")]),
    ]

    @Test(arguments: sicknesses)
    func `texts on another route leave at once while mails meet a route that`(sickness: Sickness) async throws
    {
        let house = try OutboxFixture(
            [ScriptedCourier(otherwise: sickness.act), ScriptedCourier()], order: Self.order)
        try await house.atWork {
            try await house.take((1...5).map { OutboxFixture.message($0) })
            try await house.take((6...10).map { OutboxFixture.text($0) })
            await house.log.waitForAttempts(10)
        }
        for dispatch in house.log.dispatches {
            #expect(dispatch.at == Self.morning)
            #expect((dispatch.route == "a") == (dispatch.message.channel == .email))
            let isSick = dispatch.route == "a"
            #expect(dispatch.outcome == (isSick ? sickness.act.outcome : ScriptedCourier.Act().outcome))
        }
        for number in 1...5 { #expect(house.phase(number) == sickness.phase) }
        for number in 6...10 { #expect(house.phase(number) == .sent) }
        #expect(Set(await house.incidents) == sickness.incidents)
        let told = house.lines.all.filter { $0.contains("Route “") }
        #expect(Set(told) == Set(sickness.incidents.map(Self.line)))
        #expect(house.lines.all.count { $0.contains(" attempt=1 ") } == 10)
    }

    /// What stands in the log of an incident, as an operator reads it.
    private static func line(_ incident: Incident) -> String {
        switch incident {
        case .routeNeedsCare(_, .tls): "<3>Route “a” needs your help: the connection is not safe.\n"
        case .routeNeedsCare(_, .authentication):
            "<3>Route “a” needs your help: our credentials are refused.\n"
        case .routeNeedsCare(_, .configuration): "<3>Route “a” needs your help: it is set up wrongly.\n"
        case .routeFails: "<3>Route “a” fails; messages take the next one or wait.\n"
        default: "no such line"
        }
    }

    @Test(arguments: sicknesses)
    func `the next route of its channel takes over at once what certainly did not leave by a route that`(
        sickness: Sickness
    ) async throws {
        let house = try OutboxFixture([ScriptedCourier([sickness.act]), ScriptedCourier()])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(sickness.passesOn ? 2 : 1)
        }
        #expect(house.log.dispatches.map(\.route) == (sickness.passesOn ? ["a", "b"] : ["a"]))
        #expect(house.log.dispatches.allSatisfy { $0.at == Self.morning })
        #expect(house.phase() == (sickness.passesOn ? .sent : sickness.phase))
    }

    @Test(arguments: [false, true])
    func `texts leave at once while every place of the mails' route is taken by one that hangs`(
        isHandedOver: Bool
    ) async throws {
        let end = Latch()
        let hangs = ScriptedCourier(
            otherwise: .init(before: isHandedOver ? nil : end, after: isHandedOver ? end : nil))
        let house = try OutboxFixture([hangs, ScriptedCourier()], order: Self.order)
        try await house.atWork {
            try await house.take((1...5).map { OutboxFixture.message($0) })
            await hangs.waitForParcels(2)
            try await house.take((6...10).map { OutboxFixture.text($0) })
            await house.log.waitForAttempts(5)
            #expect(Set(house.log.dispatches.map(\.route)) == ["b"])
            #expect(house.log.dispatches.allSatisfy { $0.at == Self.morning })
            #expect(await hangs.parcels.count == 2)
            end.open()
            await house.log.waitForAttempts(10)
        }
        for number in 1...10 { #expect(house.phase(number) == .sent) }
    }

    /// The real courier, whose relay says nothing more from a stage on.
    @Test(arguments: [ScriptedSMTPServer.Stage.connect, .ehlo, .mail, .rcpt, .data, .endOfData])
    func `texts leave at once while a real relay is silent from`(stage: ScriptedSMTPServer.Stage) async throws
    {
        let server = try ScriptedSMTPServer(at: stage, .stall)
        defer { server.stop() }
        let relay = SMTPRelay(
            host: "127.0.0.1", port: server.port, tls: .noneOnLoopback, credentials: nil,
            certificateFile: nil,
            hello: "relance.example", connectTimeout: .seconds(600), responseTimeout: .seconds(600),
            totalTimeout: .seconds(900))
        let silent = try SMTPCourier(relay, concurrency: 2)
        let house = try OutboxFixture([silent, ScriptedCourier()], order: Self.order)
        try await house.atWork {
            try await house.take((1...3).map { OutboxFixture.message($0) })
            await server.reached(stage)
            try await house.take((4...8).map { OutboxFixture.text($0) })
            await house.log.waitForAttempts(5)
            #expect(Set(house.log.dispatches.map(\.route)) == ["b"])
            #expect(house.log.dispatches.allSatisfy { $0.at == Self.morning })
            server.release()
            await house.log.waitForAttempts(8)
        }
        let ends = house.log.dispatches.filter { $0.route == "a" }.map(\.outcome)
        #expect(ends.count == 3)
        // What may have left is never taken for what did not.
        for end in ends {
            if case .ambiguous = end { #expect(stage == .endOfData) } else { #expect(stage != .endOfData) }
        }
    }
}
