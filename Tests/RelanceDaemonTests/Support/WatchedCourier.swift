import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Synchronization

/// A courier as it is, and what it was given and how long it took.
final class WatchedCourier: Courier {
    struct Delivery: Sendable {
        /// As the courier got it.
        let parcel: Parcel
        let handovers: Int
        let took: Duration
    }

    private let courier: any Courier
    private let filler: [UInt8]
    private let handsOverAfter: Latch?
    private let record = Mutex<[Delivery]>([])
    /// Opens when the first delivery is over, and before if a server says so: what it was to meet, it has met.
    let isThere: Latch

    /// The first mail is given with the filler behind it, and nothing is handed over before a latch is open.
    init(_ courier: any Courier, filler: [UInt8] = [], handsOverAfter latch: Latch? = nil, isThere: Latch) {
        self.courier = courier
        handsOverAfter = latch
        self.filler = filler
        self.isThere = isThere
    }

    var deliveries: [Delivery] { record.withLock { $0 } }

    func deliver(
        _ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void
    ) async -> DeliveryOutcome {
        var parcel = parcel
        if var mail = parcel.mail, deliveries.isEmpty {
            mail.bytes += filler
            parcel.content = .mail(mail)
        }
        let handovers = Guarded(0)
        let start = ContinuousClock.now
        let outcome = await courier.deliver(parcel) { [handsOverAfter] in
            await handsOverAfter?.opened()
            handovers.withLock { $0 += 1 }
            try await handover()
        }
        let delivery = Delivery(
            parcel: parcel, handovers: handovers.withLock { $0 }, took: .now - start)
        record.withLock { $0.append(delivery) }
        isThere.open()
        return outcome
    }
}
