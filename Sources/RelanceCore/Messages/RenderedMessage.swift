/// A message in words, ready to be turned into bytes: subject and text are complete in themselves, HTML is a twin.
package struct RenderedMessage: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var channel: Channel
    package var language: Language
    package var from: Mailbox
    package var to: Mailbox
    package var replyTo: Mailbox?
    /// One line, no control character; empty for a text message.
    package var subject: String
    package var text: String
    package var html: String?
    /// The instant written into the Date field.
    package var date: Instant
    /// Root of the thread the mail belongs to: one per case, or one per digest list.
    package var thread: Thread
    /// The appointment the mail is about, for the calendar of whoever it goes to.
    package var invitation: Invitation?

    package struct Mailbox: Hashable, Sendable {
        package var name: String?
        package var address: EmailAddress

        package init(name: String? = nil, address: EmailAddress) {
            self.name = name
            self.address = address
        }
    }

    package enum Thread: Hashable, Sendable {
        case ofCase(CaseReference)
        /// Mail people may want to file by a rule: carries a List-Id.
        case list(String)
        case alone
    }

    package init(
        key: MessageKey, kind: MessageKind, channel: Channel, language: Language, from: Mailbox, to: Mailbox,
        replyTo: Mailbox? = nil, subject: String, text: String, html: String? = nil, date: Instant,
        thread: Thread, invitation: Invitation? = nil
    ) {
        self.key = key
        self.kind = kind
        self.channel = channel
        self.language = language
        self.from = from
        self.to = to
        self.replyTo = replyTo
        self.subject = subject
        self.text = text
        self.html = html
        self.date = date
        self.thread = thread
        self.invitation = invitation
    }
}
