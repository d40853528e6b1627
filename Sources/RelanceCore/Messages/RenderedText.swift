/// A text message in words, folded to what one segment can carry.
package struct RenderedText: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var language: Language
    package var to: PhoneNumber
    package var text: SMSText
    /// The instant it was put into words.
    package var date: Instant

    package init(
        key: MessageKey, kind: MessageKind, language: Language, to: PhoneNumber, text: SMSText, date: Instant
    ) {
        self.key = key
        self.kind = kind
        self.language = language
        self.to = to
        self.text = text
        self.date = date
    }
}
