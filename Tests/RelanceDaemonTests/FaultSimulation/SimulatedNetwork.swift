import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Synchronization

@testable import RelanceDaemon

/// The far sides of all routes: what they took, and how each attempt ends.
///
/// An end is drawn from the seed, the duty and how often it was tried, not from the order in which attempts come, which
/// is the scheduler's. What befalls one message befalls it again: of some, hardly any attempt has an end that tells.
final class SimulatedNetwork: Sendable {
    /// Something a far side took.
    struct Taken: Sendable {
        var plan: PlanRecord
        var sending: Int
        var attempt: Int
        var route: String
        var address: String
        var bytes: [UInt8]
        var at: Instant
    }

    /// A receipt to be called in.
    struct Call: Sendable {
        var reference: String
        var receipt: Receipt
        var at: Instant
    }

    /// What the far sides remember of one sending.
    struct Sending: Sendable {
        var copies = 0
        /// Attempts that were handed over and whose end nobody of ours can tell: by which route each.
        var doubtful: [String] = []
    }

    private struct State {
        var taken: [Taken] = []
        var sendings: [String: Sending] = [:]
        var tries: [String: UInt64] = [:]
        var calls: [Call] = []
        var isDown: Set<String> = []
        var complaints: [String] = []
        /// Attempts that still go well before the process dies at the next one.
        var deliveriesToDeath: (count: Int, place: Place)?
        var isHealed = false
        var questions: UInt64 = 0
    }

    /// Where in a delivery the process dies.
    enum Place: CaseIterable, Sendable {
        case beforeHandover, afterHandover, afterTaking
    }

    private let seed: UInt64
    private let state = Mutex(State())

    init(seed: UInt64) {
        self.seed = seed
    }

    var taken: [Taken] { state.withLock { $0.taken } }
    var complaints: [String] { state.withLock { $0.complaints } }

    fileprivate func sending(_ reference: String) -> Sending {
        state.withLock { $0.sendings[reference, default: Sending()] }
    }

    var nextCall: Instant? { state.withLock { $0.calls.map(\.at).min() } }

    func setDown(_ routes: Set<String>) { state.withLock { $0.isDown = routes } }
    func die(after count: Int, _ place: Place) { state.withLock { $0.deliveriesToDeath = (count, place) } }

    /// From here on everything arrives.
    func heal() {
        state.withLock { ($0.isHealed, $0.isDown, $0.deliveriesToDeath) = (true, [], nil) }
    }

    /// The receipts whose time has come.
    func takeCalls(until now: Instant) -> [Call] {
        state.withLock { state in
            let due = state.calls.filter { $0.at <= now }
            state.calls.removeAll { $0.at <= now }
            return due
        }
    }

    /// One that nobody could take in comes again.
    func callAgain(_ call: Call, at instant: Instant) {
        state.withLock {
            $0.calls.append(Call(reference: call.reference, receipt: call.receipt, at: instant))
        }
    }

    /// How an attempt ends, and whether the message was taken.
    fileprivate struct End {
        var outcome: DeliveryOutcome
        var isHandedOver = true
        var isTaken = false
        var death: Place?
    }

    fileprivate func end(of name: String, on route: String, isText: Bool) -> (End, SplitMix64) {
        state.withLock { state in
            let number = state.tries[name, default: 0]
            state.tries[name] = number + 1
            var random = SplitMix64(seed: seed ^ name.fingerprint ^ (number << 48))
            var death: Place?
            if let (count, place) = state.deliveriesToDeath {
                state.deliveriesToDeath = count > 0 ? (count - 1, place) : nil
                if count <= 0 { death = place }
            }
            var end =
                state.isDown.contains(route)
                ? End(
                    outcome: .deferred(.make(.connection, scope: .route, code: nil)), isHandedOver: false)
                : SimulatedNetwork.drawn(
                    &random, isText: isText, isStubborn: isStubborn(name), isHealed: state.isHealed)
            end.death = death
            return (end, random)
        }
    }

    /// Whether a message is one of those that hardly any attempt brings to an end.
    private func isStubborn(_ name: String) -> Bool {
        var random = SplitMix64(seed: ~(seed ^ name.fingerprint))
        return random.chance(15)
    }

    /// Six in ten go well; the others end in every way there is.
    ///
    /// Of a stubborn one, two in three end in doubt or lead to the next route.
    private static func drawn(
        _ random: inout SplitMix64, isText: Bool, isStubborn: Bool, isHealed: Bool
    ) -> End {
        let proof = isText ? GatewayProof(reference: "g-\(random.next() % 1_000_000)", parts: 1) : nil
        let roll = isHealed ? 100 : random.number(in: 1...(isStubborn ? 300 : 100))
        return switch roll {
        case 101...150: End(outcome: .ambiguous(.make(.connection, code: 354)), isTaken: true)
        case 151...220: End(outcome: .ambiguous(.make(.timeout, scope: .route, code: 354)))
        case 221...300:
            End(outcome: .deferred(.make(.connection, scope: .route, code: nil)), isHandedOver: false)
        case 1...4: End(outcome: .ambiguous(.make(.connection, code: 354)), isTaken: true)
        case 5...8: End(outcome: .ambiguous(.make(.timeout, scope: .route, code: 354)))
        case 9...14: End(outcome: .deferred(.make(.refused, code: 450)), isHandedOver: false)
        case 15...19: End(outcome: .deferred(.make(.refused, code: 452)))
        case 20...24: End(outcome: .deferred(.make(.tls, scope: .route, code: 454)), isHandedOver: false)
        case 25...27: End(outcome: .deferred(.make(.throttled, scope: .route, code: 429)))
        case 28...31: End(outcome: .refused(.make(.refused, code: 554)))
        case 32...33: End(outcome: .refused(.make(.badAddress, code: 550)), isHandedOver: false)
        case 34: End(outcome: .refused(.make(.blacklisted, code: 550)))
        default: End(outcome: .accepted(reply: "250 2.0.0 Ok", proof: proof), isTaken: true)
        }
    }

    fileprivate func take(_ item: Taken, of reference: String, _ receipts: [Call]) {
        state.withLock { state in
            state.taken.append(item)
            state.sendings[reference, default: Sending()].copies += 1
            state.calls += receipts
        }
    }

    /// What a gateway says of a sending it is asked about: now and then nothing, else the truth.
    fileprivate func finding(_ reference: String) -> GatewayFinding? {
        state.withLock { state in
            state.questions += 1
            var random = SplitMix64(seed: seed ^ reference.fingerprint ^ (state.questions << 40))
            if random.chance(30) { return random.chance(50) ? nil : .undecided("busy") }
            let sending = state.sendings[reference, default: Sending()]
            if sending.copies > 0 {
                return .taken(GatewayProof(reference: "g-\(random.next() % 1_000_000)", parts: 1))
            }
            state.sendings[reference]?.doubtful = []
            return .absent
        }
    }

    fileprivate func doubt(_ reference: String, on route: String) {
        state.withLock { $0.sendings[reference, default: Sending()].doubtful.append(route) }
    }

    fileprivate func complain(_ sentences: [String]) {
        state.withLock { $0.complaints += sentences }
    }
}

/// One life's way to one far side.
struct SimulatedCourier: Courier {
    let network: SimulatedNetwork
    let route: String
    let ledger: LedgerFile
    let disk: SimulatedDisk
    let clock: SimulatedClock
    /// Looks at what is about to be taken.
    let judge: @Sendable (SimulatedNetwork.Taken) -> Void

    func deliver(
        _ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void
    ) async -> DeliveryOutcome {
        guard let known = ledger.withState({ $0.messages[parcel.key] }), !disk.isDead else {
            return .interrupted
        }
        network.complain(
            SimulatedVerdict.complaints(
                ofAttempt: known, on: route, behind: network.sending(known.reference)))
        let isText = known.plan.channel == .sms
        var (end, random) = network.end(of: known.plan.name, on: route, isText: isText)
        if end.death == .beforeHandover { disk.die() }
        let isHandedOver = end.isHandedOver || end.death != nil
        if isHandedOver {
            do {
                try await handover()
            } catch {
                return .interrupted
            }
        }
        if end.death == .afterHandover { disk.die() }
        if end.isTaken || end.death == .afterTaking {
            let taken = SimulatedNetwork.Taken(
                plan: known.plan, sending: known.resends, attempt: known.attempts, route: route,
                address: parcel.address, bytes: parcel.octets, at: clock.now())
            let receipts = isText ? calls(about: known, taken.at, &random) : []
            let isAlive: Void? = disk.whileAlive { network.take(taken, of: known.reference, receipts) }
            if isAlive != nil { judge(taken) }
        }
        if end.death == .afterTaking { disk.die() }
        if isHandedOver, end.outcome.isAmbiguous || disk.isDead { network.doubt(known.reference, on: route) }
        return end.outcome
    }

    /// Receipts in any order, some of them twice and some that contradict the ones before.
    private func calls(
        about message: LedgerMessage, _ now: Instant, _ random: inout SplitMix64
    ) -> [SimulatedNetwork.Call] {
        (0..<random.number(in: 0...3)).map { _ in
            let roll = random.number(in: 1...10)
            let receipt =
                roll <= 6
                ? Receipt.make(.delivered, route: route)
                : roll <= 8
                    ? .make(.undelivered, roll == 7 ? .badAddress : .refused, route: route)
                    : .make(roll == 9 ? .pending : .unknown, route: route)
            return SimulatedNetwork.Call(
                reference: roll == 10 ? "nobody.0" : message.reference, receipt: receipt,
                at: now + .seconds(random.number(in: 0...20_000)))
        }
    }
}

extension SimulatedCourier: AskableGateway {
    func poll(id: String?, reference: String) async -> Receipt? { nil }

    func lookUp(reference: String) async -> GatewayFinding? {
        disk.isDead ? nil : network.finding(reference)
    }
}

extension DeliveryOutcome {
    fileprivate var isAmbiguous: Bool {
        if case .ambiguous = self { true } else { false }
    }
}

extension Parcel {
    fileprivate var address: String {
        switch content {
        case .mail(let mail): mail.recipient.description.lowercased()
        case .text(let text): text.recipient.dialled
        }
    }

    fileprivate var octets: [UInt8] {
        switch content {
        case .mail(let mail): mail.bytes
        case .text(let text): Array(text.text.utf8)
        }
    }
}

extension PlanRecord {
    /// The duty in words that are the same in every play of a seed.
    var name: String {
        [
            kind.rawValue, variant ?? "", deadline?.rawValue ?? "", cases.map(\.text).joined(separator: "+"),
            "\(role.rawValue)/\(recipientID)", channel.rawValue, "\(anchor)",
        ].joined(separator: " ")
    }
}

extension String {
    /// FNV-1a: the same in every process, which Swift's own hash is not.
    fileprivate var fingerprint: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
