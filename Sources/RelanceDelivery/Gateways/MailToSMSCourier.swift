import RelanceCore

/// Text messages as plain mails to the number's address at a provider, over a relay or into a spool.
///
/// The mail says nothing but the text; its identifier follows from the sending, and only its date from the clock, since
/// a text is tried again only after an end that left no copy behind, or where the house says that both may arrive.
package final class MailToSMSCourier: Courier {
    private let mail: MailToSMS
    private let carrier: any Courier
    private let now: @Sendable () -> Instant

    package init(
        _ mail: MailToSMS, over carrier: any Courier, now: @escaping @Sendable () -> Instant
    ) {
        self.mail = mail
        self.carrier = carrier
        self.now = now
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        guard case .text(let message) = parcel.content else {
            return .refused(MailToSMSCourier.failure("this route carries text messages, not mail"))
        }
        do {
            let outer = Parcel(
                key: parcel.key, kind: parcel.kind, content: .mail(try outer(of: message, parcel)))
            return await carrier.deliver(outer, handover: handover)
        } catch {
            return .refused(MailToSMSCourier.failure("\(error)"))
        }
    }

    private func outer(of message: Parcel.TextMessage, _ parcel: Parcel) throws -> Parcel.Mail {
        let number = mail.numberFormat.text(of: message.recipient)
        let address = try EmailAddress(mail.address.filled { $0 == "to" ? number : nil } ?? "")
        let rendered = RenderedMessage(
            key: parcel.key, kind: parcel.kind, channel: .email, language: .french,
            from: .init(address: mail.sender), to: .init(address: address), subject: mail.subject,
            text: message.text + "\n", html: nil, date: now(), thread: .alone)
        let bytes = try MIMEMessage.bytes(
            of: rendered, zone: .utc, messageIDDomain: mail.messageIDDomain, sender: mail.sender,
            reference: message.reference)
        return Parcel.Mail(sender: mail.sender, recipient: address, bytes: bytes)
    }

    private static func failure(_ detail: String) -> DeliveryFailure {
        DeliveryFailure(kind: .configuration, scope: .message, detail: detail, alert: true)
    }
}
