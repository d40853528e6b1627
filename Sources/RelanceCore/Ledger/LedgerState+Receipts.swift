/// One deliberate sending of a message: a person who has it sent anew begins another (reliability 2.1).
package struct Sending: Hashable, Sendable {
    package var key: MessageKey
    /// The n of its reference "KEY.n".
    package var number: Int

    package init(key: MessageKey, number: Int) {
        self.key = key
        self.number = number
    }

    /// Nil when the text is no reference of ours.
    package init?(reference: String) {
        let parts = reference.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let key = MessageKey(String(parts[0])), let number = Int(parts[1]),
            number >= 0, String(number) == parts[1]
        else { return nil }
        self.init(key: key, number: number)
    }
}

/// How a gateway names the messages it took.
struct GatewayReference: Hashable, Sendable {
    var route: String
    var text: String
}

extension LedgerState {
    /// The sending a receipt's reference names: ours, of a message that was tried on that route, or the gateway's own from
    /// when it took a message there; nil also when the message is forgotten.
    package func sending(forReference reference: String, on route: String) -> Sending? {
        if let sending = Sending(reference: reference), let message = messages[sending.key],
            sending.number <= message.resends, message.wasTried(on: route)
        {
            return sending
        }
        return references[GatewayReference(route: route, text: reference)]?.last
    }

    /// The message such a reference names.
    package func key(forReference reference: String, on route: String) -> MessageKey? {
        sending(forReference: reference, on: route)?.key
    }

    /// Whether a receipt says anything that is not known yet; one that does not need not be written down.
    package func wouldChange(_ receipt: Receipt, of key: MessageKey) -> Bool {
        messages[key]?.wouldChange(receipt) == true
    }

    /// The messages that left, or may have, by their address.
    package var departuresByAddress: DeparturesByAddress { departures.byAddress }

    /// Parts of the text messages that left or may have left from an instant to before another, as the gateway counted
    /// them or else as we do.
    package func smsParts(since: Instant, before end: Instant = .distantFuture) -> Int {
        departures.smsParts(since: since, before: end)
    }
}

extension LedgerMessage {
    /// What the gateway that took it calls it; nil when it gave no name.
    func reference(givenBy result: AttemptResult) -> GatewayReference? {
        guard case .accepted(_, let proof) = result.outcome, let text = proof?.reference else { return nil }
        return lastAttempt.map { GatewayReference(route: $0.route, text: text) }
    }
}
