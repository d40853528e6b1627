import RelanceCore
import RelanceDelivery
import RelanceTestSupport

/// A courier whose far side answers at an instant, or never when it is cancelled before.
struct EndlessCourier: Courier {
    let clock: ManualClock
    let until: Instant

    func deliver(
        _ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void
    ) async -> DeliveryOutcome {
        do {
            try await handover()
            try await clock.sleep(until: until)
            return .accepted(reply: "250 2.0.0 Ok")
        } catch {
            return .ambiguous(.make())
        }
    }
}
