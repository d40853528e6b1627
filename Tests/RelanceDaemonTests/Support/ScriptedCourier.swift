import RelanceCore
import RelanceDelivery
import RelanceTestSupport

/// A courier that answers by script, and remembers what it was given.
actor ScriptedCourier: Courier {
    struct Act {
        var outcome = DeliveryOutcome.accepted(reply: "250 2.0.0 Ok")
        /// Whether the message is handed over before the answer.
        var handsOver = true
        /// Waits here before it hands over.
        var before: Latch?
        /// Waits here between the hand-over and the answer.
        var after: Latch?
    }

    private(set) var parcels: [Parcel] = []
    private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    private var script: [Act]
    private let otherwise: Act
    private let look: @Sendable (Parcel, _ isHandedOver: Bool) async -> Void

    /// Plays the script, then answers every parcel alike; `look` is called before and after each hand-over.
    init(
        _ script: [Act] = [], otherwise: Act = Act(),
        look: @escaping @Sendable (Parcel, _ isHandedOver: Bool) async -> Void = { _, _ in }
    ) {
        self.script = script
        self.otherwise = otherwise
        self.look = look
    }

    /// Plays these from now on, in place of what is left of the script.
    func play(_ acts: [Act]) {
        script = acts
    }

    /// Returns once it was given so many parcels.
    func waitForParcels(_ count: Int) async {
        guard parcels.count < count else { return }
        await withCheckedContinuation { watchers.append((count, $0)) }
    }

    func deliver(
        _ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void
    ) async -> DeliveryOutcome {
        let act = script.isEmpty ? otherwise : script.removeFirst()
        parcels.append(parcel)
        for watcher in watchers where watcher.count <= parcels.count { watcher.continuation.resume() }
        watchers.removeAll { $0.count <= parcels.count }
        await act.before?.opened()
        await look(parcel, false)
        guard act.handsOver else { return act.outcome }
        do {
            try await handover()
        } catch {
            return .interrupted
        }
        await look(parcel, true)
        await act.after?.opened()
        return act.outcome
    }
}

extension ScriptedCourier.Act {
    static func fails(_ failure: DeliveryFailure) -> ScriptedCourier.Act {
        ScriptedCourier.Act(outcome: .deferred(failure), handsOver: false)
    }

    /// The connection broke after everything was sent.
    static let breaksOff = ScriptedCourier.Act(
        outcome: .ambiguous(.make(.connection, scope: .route, code: 354)))
    static let routeIsDown = ScriptedCourier.Act.fails(.make(.connection, scope: .route, code: nil))
    static let busyMailbox = ScriptedCourier.Act.fails(.make(.refused, code: 450))
}
