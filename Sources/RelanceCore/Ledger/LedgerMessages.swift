/// The messages of a ledger by their keys, each in a box of its own: a table of hundreds of thousands has much empty room.
package struct LedgerMessages: Hashable, Sendable {
    private var boxes: [MessageKey: Box<LedgerMessage>] = [:]

    package var count: Int { boxes.count }
    package var isEmpty: Bool { boxes.isEmpty }
    package var keys: some Collection<MessageKey> { boxes.keys }
    package var values: some Collection<LedgerMessage> { boxes.values.lazy.map(\.value) }

    package internal(set) subscript(key: MessageKey) -> LedgerMessage? {
        get { boxes[key]?.value }
        set { boxes[key] = newValue.map(Box.init) }
    }
}
