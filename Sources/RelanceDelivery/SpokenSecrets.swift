import RelanceCore

/// Secrets of ours that the far side has heard, and may repeat: none of them is ever printed.
///
/// A secret is found as it is, in base64, and with any of its characters escaped as URLs (`%41`, `+`), JSON (`\"`, `\u0041`),
/// HTML (`&amp;`, `&#65;`) or our own transcripts (`\x41`) have them, escaped once or again. Where secrets overlap, all they
/// cover is masked. The cost is that of one look at each octet, whatever the far side makes of them.
package struct SpokenSecrets: Sendable {
    static let none = SpokenSecrets([])

    private let secrets: [[UInt8]]
    private let beginnings: Set<UInt8>

    package init(_ texts: [String]) {
        let written = texts.filter { !$0.isEmpty }
        let encoded = written.flatMap { text in
            let base64 = Checksum.base64(Array(text.utf8))
            return [base64, String(base64.prefix { $0 != "=" })]
        }
        secrets = Set(written + encoded).map { Array($0.utf8) }
        beginnings = Set(secrets.map { $0[0] })
    }

    /// The text with a mask in place of each secret, or so many octets of it: one that begins among them is masked
    /// wherever it ends.
    package func masked(_ text: String, octets limit: Int = .max) -> String {
        let octets = Array(text.utf8)
        guard !secrets.isEmpty else { return String(decoding: octets.prefix(limit), as: UTF8.self) }
        var kept: [UInt8] = []
        var coveredUntil = 0
        for position in octets.indices.prefix(limit) {
            let isGoingOn = position < coveredUntil
            coveredUntil = max(coveredUntil, end(in: octets, from: position) ?? 0)
            if position >= coveredUntil {
                kept.append(octets[position])
            } else if !isGoingOn {
                kept += "«masked»".utf8
            }
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Whether a secret begins among the first octets of a text.
    func begin(in text: String, octets limit: Int) -> Bool {
        let octets = Array(text.utf8)
        return octets.indices.prefix(limit).contains { end(in: octets, from: $0) != nil }
    }

    /// Where the longest secret ends that begins at a position.
    private func end(in octets: [UInt8], from start: Int) -> Int? {
        let first = EscapedOctets.readings(of: octets, at: start)
        guard
            beginnings.contains(octets[start]) || first.contains(where: { beginnings.contains($0.octets[0]) })
        else { return nil }
        return secrets.compactMap { Self.end(of: $0, in: octets, from: start) }.max()
    }

    private static func end(of secret: [UInt8], in octets: [UInt8], from start: Int) -> Int? {
        /// How much of the secret has been read at each place it may have been read to.
        var reached: [Int: Set<Int>] = [0: [start]]
        for index in secret.indices {
            for position in reached[index] ?? [] where position < octets.count {
                if octets[position] == secret[index] { reached[index + 1, default: []].insert(position + 1) }
                for reading in EscapedOctets.readings(of: octets, at: position)
                where secret[index...].starts(with: reading.octets) {
                    reached[index + reading.octets.count, default: []].insert(reading.end)
                }
            }
        }
        return reached[secret.count]?.max()
    }
}

/// What an escape that begins at a place of a text may stand for; what escapes may be escaped itself, again and again.
private enum EscapedOctets {
    struct Reading {
        let octets: [UInt8]
        let end: Int
    }

    /// Nobody escapes more often.
    private static let mostLevels = 8

    /// Empty where no escape begins.
    static func readings(of text: [UInt8], at start: Int) -> [Reading] {
        switch text[start] {
        case UInt8(ascii: "+"): [Reading(octets: [UInt8(ascii: " ")], end: start + 1)]
        case UInt8(ascii: "%"):
            // `%41`, `%2541`
            behind("%", again: "25", in: text, at: start).compactMap { position in
                hex(text[position...], digits: 2).map {
                    Reading(octets: [UInt8(truncatingIfNeeded: $0)], end: position + 2)
                }
            }
        case UInt8(ascii: "\\"):
            behind("\\", again: "\\", in: text, at: start).compactMap { backslashed(text, at: $0) }
        case UInt8(ascii: "&"):
            behind("&", again: "amp;", in: text, at: start).compactMap { reference(text, at: $0) }
        default: []
        }
    }

    /// The places behind a mark that begins an escape, and behind what it becomes when it is escaped itself.
    private static func behind(
        _ mark: String, again: String, in text: [UInt8], at start: Int
    ) -> [Int] {
        var place = start + mark.utf8.count
        var places = [place]
        while places.count < mostLevels, text[place...].starts(with: again.utf8) {
            place += again.utf8.count
            places.append(place)
        }
        return places
    }

    /// What follows a backslash: `"`, `\`, `/`, `x41`, `u0041`, `ud83c\udf4e`.
    private static func backslashed(_ text: [UInt8], at place: Int) -> Reading? {
        guard place < text.count else { return nil }
        switch text[place] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Reading(octets: [text[place]], end: place + 1)
        case UInt8(ascii: "x"):
            return hex(text[(place + 1)...], digits: 2).map {
                Reading(octets: [UInt8(truncatingIfNeeded: $0)], end: place + 3)
            }
        case UInt8(ascii: "u"):
            guard let unit = hex(text[(place + 1)...], digits: 4) else { return nil }
            if let scalar = Unicode.Scalar(UInt32(unit)) {
                return Reading(octets: Array(scalar.utf8), end: place + 5)
            }
            guard place + 5 < text.count, text[place + 5] == UInt8(ascii: "\\") else { return nil }
            let second = behind("\\", again: "\\", in: text, at: place + 5).first {
                $0 < text.count && text[$0] == UInt8(ascii: "u")
            }
            guard let second, let low = hex(text[(second + 1)...], digits: 4),
                (0xD800...0xDBFF).contains(unit), (0xDC00...0xDFFF).contains(low)
            else { return nil }
            let value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            return Unicode.Scalar(UInt32(value)).map { Reading(octets: Array($0.utf8), end: second + 5) }
        default: return nil
        }
    }

    /// What follows `&`: `amp;`, `#38;`, `#x26;`.
    private static func reference(_ text: [UInt8], at place: Int) -> Reading? {
        let inside = text[place...].prefix(9)
        guard let end = inside.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: inside[..<end], as: UTF8.self).lowercased()
        let value: UInt32? =
            name.hasPrefix("#x")
            ? UInt32(name.dropFirst(2), radix: 16)
            : name.hasPrefix("#") ? UInt32(name.dropFirst()) : named[name]?.value
        return value.flatMap { Unicode.Scalar($0) }.map { Reading(octets: Array($0.utf8), end: end + 1) }
    }

    private static let named: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
    ]

    private static func hex(_ octets: ArraySlice<UInt8>, digits count: Int) -> Int? {
        let digits = octets.prefix(count)
        let isHex = digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        return digits.count == count && isHex ? Int(String(decoding: digits, as: UTF8.self), radix: 16) : nil
    }
}
