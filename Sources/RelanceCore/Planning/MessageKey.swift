/// The identity of a duty: the same duty has the same key on every reading of every file after every restart
/// (design D3), so the ledger can admit it once.
package struct MessageKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 26 characters of RFC 4648 base32, lower case.
    package let text: String

    /// Nil when the text is not a key's 26 characters.
    package init?(_ text: String) {
        guard text.utf8.count == 26,
            text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) })
        else { return nil }
        self.text = text
    }

    /// Derives the key of a duty.
    ///
    /// - Parameters:
    ///   - instance: identifier of the ledger the duty is owed under.
    ///   - subject: what it is about: a case's reference, or an advisor's id for a digest.
    ///   - duty: deadline kind or message kind.
    ///   - step: which message of the duty.
    ///   - anchor: the instant of the fact that gave rise to it.
    ///   - channel: how it travels.
    ///   - slot: the part the recipient plays, not the person, so that a stand-in does not get it twice.
    package init(
        instance: String, subject: String, duty: String, step: String, anchor: Instant, channel: Channel,
        slot: String
    ) {
        text = MessageKey.base32(
            of: [instance, subject, duty, step, String(anchor.milliseconds), channel.rawValue, slot])
    }

    /// 26 characters that stand for the parts in their order.
    static func base32(of parts: [String]) -> String {
        var input: [UInt8] = []
        for part in parts {
            input.append(contentsOf: part.utf8)
            input.append(0x1F)  // unit separator: no part may contain a control character
        }
        return base32(Checksum.sha256(input).prefix(17), length: 26)
    }

    package var description: String { text }

    package static func < (a: MessageKey, b: MessageKey) -> Bool {
        a.text < b.text
    }

    private static func base32(_ bytes: some Sequence<UInt8>, length: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var out: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5, out.count < length {
                bits -= 5
                out.append(alphabet[(buffer >> bits) & 31])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
