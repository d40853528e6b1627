/// What the receipts of one sending amount to: the same in whatever order and however often they came.
///
/// Delivered is final; not delivered gives way to delivered only; that the gateway gave up finding out gives way to
/// both. A message in parts is delivered when all of them are, and undelivered as soon as one is.
struct ReceiptTally: Hashable, Sendable {
    private(set) var isDelivered = false
    /// Why it was not delivered, each class once; empty when nothing says so.
    private(set) var failures: Set<DeliveryFailure.Kind> = []
    /// The gateway gave up finding out.
    private(set) var isGivenUp = false
    /// Parts that were delivered, by how many there are to be: gateways may change their mind about that.
    private var deliveredParts: [Int: Set<Int>] = [:]

    /// `parts` is how many we counted ourselves, for receipts that do not say it.
    mutating func take(_ receipt: Receipt, parts: Int?) {
        guard !isDelivered else { return }
        switch receipt.verdict {
        case .delivered:
            if receipt.isOfWholeMessage || completes(receipt, receipt.parts ?? parts) {
                self = ReceiptTally()
                isDelivered = true
            }
        case .undelivered:
            failures.insert(receipt.failure ?? .unknown)
            isGivenUp = false
        case .unknown: isGivenUp = failures.isEmpty
        case .pending: break
        }
    }

    private mutating func completes(_ receipt: Receipt, _ count: Int?) -> Bool {
        guard let part = receipt.part, let count, count > 0, (1...count).contains(part) else { return false }
        deliveredParts[count, default: []].insert(part)
        return deliveredParts[count]?.count == count
    }
}

extension Receipt {
    /// Whether it speaks of all there is.
    var isOfWholeMessage: Bool { part == nil || parts == 1 }
}
