/// Notices when one reading of the cases sets off more than anybody meant: after a downtime, by a broken export, by a
/// policy that was mistyped (reliability 2.7 and 2.8).
///
/// A reading sets off the messages of the cases it showed, for the first time or otherwise than before, that were wanted
/// by then: without it they would have left before, or never. They come one after the other as the hours open, so they
/// are counted for a week. What a person confirmed is not asked about again.
package struct Brake: Sendable {
    /// Nil never engages.
    package var rule: BrakeRule?
    private var waves: [Instant: Wave] = [:]
    private var confirmedUntil = Instant.distantPast

    private struct Wave {
        var messages: Set<MessageKey> = []
        var cases: Set<CaseReference> = []
    }

    package init(rule: BrakeRule?) {
        self.rule = rule
    }

    /// Counts messages that are about to leave, each once.
    ///
    /// - Parameters:
    ///   - messages: those that are owed now and have not been let through before.
    ///   - now: when they are.
    ///   - readAt: when a case last changed; nil for one that is not there.
    ///   - openCases: asked for only when there are enough messages to matter.
    /// - Returns: whether one reading sets off too many.
    package mutating func engages(
        on messages: [PlannedMessage], at now: Instant, readAt: (CaseReference) -> Instant?,
        openCases: () -> Int
    ) -> Bool {
        guard let rule else { return false }
        waves = waves.filter { now - $0.key < Brake.memory }
        var touched: Set<Instant> = []
        for message in messages where message.kind.isSetOffByCases {
            guard let reading = message.cases.compactMap(readAt).max(), message.wantedAt <= reading,
                reading > confirmedUntil
            else { continue }
            waves[reading, default: Wave()].messages.insert(message.key)
            waves[reading]?.cases.formUnion(message.cases)
            touched.insert(reading)
        }
        return touched.contains { reading in
            waves[reading].map {
                rule.isExceeded(by: $0.messages.count, on: $0.cases.count, of: openCases())
            } ?? false
        }
    }

    /// What was read until now may set off what it does.
    package mutating func confirm(at now: Instant) {
        confirmedUntil = now
        waves = [:]
    }

    /// The clock was set back: what it said was read later was not, nor confirmed.
    package mutating func setBack(to now: Instant) {
        confirmedUntil = min(confirmedUntil, now)
        waves = waves.filter { $0.key <= now }
    }

    private static let memory = Elapsed.days(7)
}

extension MessageKind {
    /// Whether a case asks for it, rather than an hour of the day or the machine.
    package var isSetOffByCases: Bool {
        switch self {
        case .digest, .returnDigest, .weeklyReport, .technicalIncident: false
        default: true
        }
    }
}

extension FenceReason {
    /// Whether it holds what a reading set off rather than doubts the ledger itself.
    package var isBrake: Bool {
        switch self {
        case .catchUp, .massChange: true
        case .otherMachine, .restored, .longSilence, .repaired: false
        }
    }

    /// Whether a message has to wait for a person while it stands.
    ///
    /// A ledger that was only silent, or put back on its own machine, may tell so. A brake lets pass what nobody may miss:
    /// alerts of distress, the machine's own incidents, and the digests and reports, which come once a day however many
    /// cases there are and tell our people of what is held.
    package func holds(_ kind: MessageKind) -> Bool {
        switch self {
        case .otherMachine, .repaired: true
        case .longSilence, .restored: kind != .technicalIncident
        case .catchUp, .massChange: kind.isSetOffByCases && kind != .distressAlert
        }
    }
}
