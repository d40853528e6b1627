/// An address as the ledger knows it: the same address has the same mark under one ledger, and the mark does not give
/// the address away to somebody who has only the ledger (design D10).
///
/// It is what counts messages to one recipient, honours an objection and remembers an address that does not exist.
package struct AddressMark: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let hash: ShortHash

    /// 26 characters of RFC 4648 base32, lower case.
    package var text: String { hash.text }

    /// Nil when the text is not a mark's 26 characters.
    package init?(_ text: String) {
        guard let hash = ShortHash(text) else { return nil }
        self.hash = hash
    }

    /// The domain of a mail address counts without regard to case, like the rest of it.
    package init(_ address: EmailAddress, instance: String) {
        self.init(hashing: address.description.lowercased(), instance: instance)
    }

    package init(_ number: PhoneNumber, instance: String) {
        self.init(hashing: number.dialled, instance: instance)
    }

    private init(hashing text: String, instance: String) {
        hash = ShortHash(of: [instance, "address", text])
    }

    package var description: String { text }

    package static func < (a: AddressMark, b: AddressMark) -> Bool {
        a.hash < b.hash
    }
}
