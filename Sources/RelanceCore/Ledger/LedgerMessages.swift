/// The messages of a ledger by their keys, each in a box of its own: a table of hundreds of thousands has much empty room.
package struct LedgerMessages: Hashable, Sendable {
    private final class Box: Hashable, Sendable {
        let message: LedgerMessage

        init(_ message: LedgerMessage) {
            self.message = message
        }

        static func == (a: Box, b: Box) -> Bool {
            a === b || a.message == b.message
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(message)
        }
    }

    private var boxes: [MessageKey: Box] = [:]

    package var count: Int { boxes.count }
    package var isEmpty: Bool { boxes.isEmpty }
    package var keys: some Collection<MessageKey> { boxes.keys }
    package var values: some Collection<LedgerMessage> { boxes.values.lazy.map(\.message) }

    package internal(set) subscript(key: MessageKey) -> LedgerMessage? {
        get { boxes[key]?.message }
        set { boxes[key] = newValue.map(Box.init) }
    }
}
