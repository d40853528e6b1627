import RelanceCore
import RelanceDelivery
import RelanceStore

/// A message as it leaves at every attempt, with what the ledger has to know of it.
struct Letter: Sendable {
    let frozen: FrozenMessage
    /// Of a mail its Message-ID, of a text message the bare reference.
    let messageID: String
    /// Of the frozen message.
    let sha256: String
    /// Our identifier of this sending (reliability 2.1).
    let reference: String
    /// From here on it must not arrive any more.
    let usefulUntil: Instant

    func parcel(of message: PlannedMessage) -> Parcel {
        let content: Parcel.Content =
            switch frozen.envelope {
            case .mail(let sender, let recipient, _):
                .mail(Parcel.Mail(sender: sender, recipient: recipient, bytes: frozen.bytes))
            case .text(let recipient):
                .text(
                    Parcel.TextMessage(
                        recipient: recipient, text: text, reference: reference, usefulUntil: usefulUntil))
            }
        return Parcel(key: message.key, kind: message.kind, content: content)
    }

    /// The words a person may see of it while it leaves: a mail's subject, a text message's text.
    var words: String {
        switch frozen.envelope {
        case .mail(_, _, let subject): subject
        case .text: text
        }
    }

    /// Parts of a text message; nil for a mail.
    var parts: Int? {
        if case .text = frozen.envelope { SMSText(text).parts } else { nil }
    }

    private var text: String { String(decoding: frozen.bytes, as: UTF8.self) }
}

/// Puts messages into words and freezes them at their first attempt, and reads them back at every later one.
struct LetterWriter: Sendable {
    let composer: Composer
    /// Whose clocks and hours the messages speak of.
    let calendar: WorkingCalendar
    let service: ServiceIdentity
    let frozen: FrozenMessages

    /// The message as it leaves, `known` being what the ledger has of it.
    ///
    /// Throws `Unwritable` when it cannot be put into words or what was frozen is gone: a person has to look at it.
    func letter(
        for message: PlannedMessage, known: LedgerMessage, usefulUntil: Instant, at now: Instant
    ) async throws -> Letter {
        let reference = known.reference
        do {
            if let before = known.frozen {
                return Letter(
                    frozen: try await frozen.message(of: message.key, sha256: before.sha256),
                    messageID: before.messageID, sha256: before.sha256, reference: reference,
                    usefulUntil: usefulUntil)
            }
            let new = try compose(message, reference: reference, at: now)
            let messageID =
                switch message.channel {
                case .email: "\(reference)@\(service.messageIDDomain)"
                case .sms: reference
                }
            return Letter(
                frozen: new, messageID: messageID, sha256: try await frozen.freeze(new, of: message.key),
                reference: reference, usefulUntil: usefulUntil)
        } catch Composer.Problem.tooLong(let parts) {
            throw Unwritable(
                reason: "\(Composer.Problem.tooLong(parts: parts))", isOfChannel: true)
        } catch let error as Composer.Problem {
            throw Unwritable(reason: "\(error)")
        } catch let error as MIMEProblem {
            throw Unwritable(reason: "\(error)")
        } catch let error as StoreError where error.isOfFrozenMessage {
            throw Unwritable(reason: "\(error)")
        }
    }

    private func compose(
        _ message: PlannedMessage, reference: String, at now: Instant
    ) throws -> FrozenMessage {
        switch message.channel {
        case .email:
            let rendered = try composer.compose(message, calendar: calendar, now: now)
            return FrozenMessage(
                envelope: .mail(
                    sender: service.sender, recipient: rendered.to.address, subject: rendered.subject),
                bytes: try MIMEMessage.bytes(
                    of: rendered, zone: calendar.zone, messageIDDomain: service.messageIDDomain,
                    sender: service.sender, reference: reference))
        case .sms:
            let rendered = try composer.composeText(message, calendar: calendar, now: now)
            return FrozenMessage(
                envelope: .text(recipient: rendered.to), bytes: Array(rendered.text.text.utf8))
        }
    }

    /// A message that waits for a person, with the sentence that says why.
    struct Unwritable: Error {
        let reason: String
        /// This channel will never carry it, and another one may.
        var isOfChannel = false
    }
}

extension StoreError {
    /// Whether it concerns the bytes of one message and not the ledger.
    fileprivate var isOfFrozenMessage: Bool {
        switch self {
        case .frozenMessageMissing, .frozenMessageDamaged: true
        default: false
        }
    }
}
