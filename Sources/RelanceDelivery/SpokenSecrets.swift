import RelanceCore

/// Secrets of ours that the far side has heard, and may repeat: none of them is ever printed.
///
/// A secret is found as it is, in base64, and with any of its characters escaped as URLs (`%41`, `+`), JSON (`\"`, `\u0041`),
/// HTML (`&amp;`, `&#65;`) or our own transcripts (`\x41`) have them, escaped once or again. Where secrets overlap, all they
/// cover is masked.
package struct SpokenSecrets: Sendable {
    static let none = SpokenSecrets([])

    private let secrets: [[Unicode.Scalar]]
    /// The octets a secret can begin with, escaped or not.
    private let beginnings: Set<UInt8>

    package init(_ texts: [String]) {
        let written = texts.filter { !$0.isEmpty }
        let encoded = written.flatMap { text in
            let base64 = Checksum.base64(Array(text.utf8))
            return [base64, String(base64.prefix { $0 != "=" })]
        }
        secrets = Set(written + encoded).map { Array($0.unicodeScalars) }
        beginnings = Set(secrets.compactMap { $0.first.map { Array($0.utf8)[0] } }).union("%\\&+".utf8)
    }

    package func masked(_ text: String) -> String {
        guard !secrets.isEmpty else { return text }
        let octets = Array(text.utf8)
        var kept: [UInt8] = []
        var coveredUntil = 0
        for position in octets.indices {
            let isGoingOn = position < coveredUntil
            coveredUntil = max(coveredUntil, end(in: octets, from: position) ?? 0)
            if position >= coveredUntil {
                kept.append(octets[position])
            } else if !isGoingOn {
                kept += "«masked»".utf8
            }
        }
        return coveredUntil == 0 ? text : String(decoding: kept, as: UTF8.self)
    }

    func stand(in text: String) -> Bool {
        let octets = Array(text.utf8)
        return octets.indices.contains { end(in: octets, from: $0) != nil }
    }

    /// Where the longest secret ends that begins at a position.
    private func end(in octets: [UInt8], from start: Int) -> Int? {
        guard beginnings.contains(octets[start]) else { return nil }
        return secrets.compactMap { secret in
            var ends: Set = [start]
            for scalar in secret {
                ends = ends.reduce(into: []) { $0.formUnion(Self.ends(of: scalar, in: octets, from: $1)) }
                if ends.isEmpty { return nil }
            }
            return ends.max()
        }.max()
    }

    // MARK: One character

    /// Where one character can end that begins at a position, in each way to write it; what escapes may be escaped again.
    private static func ends(of scalar: Unicode.Scalar, in octets: [UInt8], from start: Int) -> [Int] {
        guard start < octets.count else { return [] }
        let own = Array(scalar.utf8)
        let asItIs = octets[start...].starts(with: own) ? [start + own.count] : []
        switch octets[start] {
        case UInt8(ascii: "+") where scalar == " ": return asItIs + [start + 1]
        case UInt8(ascii: "%"):
            return asItIs + endsOfHex(own, after: "%", again: "25", in: octets, from: start)
        case UInt8(ascii: "\\"):
            let marks = marks("\\", again: "\\", in: octets, from: start)
            let short = marks.filter {
                $0 < octets.count && own == [octets[$0]] && "\"\\/".utf8.contains(own[0])
            }
            return asItIs + endsOfHex(own, after: "\\", again: "\\", then: "x", in: octets, from: start)
                + endsOfUnits(scalar, in: octets, from: start) + short.map { $0 + 1 }
        case UInt8(ascii: "&"):
            return asItIs
                + marks("&", again: "amp;", in: octets, from: start).compactMap {
                    endOfReference(scalar, in: octets, from: $0)
                }
        default: return asItIs
        }
    }

    /// The positions behind a mark that begins an escape, and behind what it becomes when it is escaped itself.
    private static func marks(
        _ mark: String, again: String, in octets: [UInt8], from start: Int
    ) -> [Int] {
        guard octets[start...].starts(with: mark.utf8) else { return [] }
        var positions = [start + mark.utf8.count]
        while octets[positions[positions.count - 1]...].starts(with: again.utf8) {
            positions.append(positions[positions.count - 1] + again.utf8.count)
        }
        return positions
    }

    /// Octet by octet in hexadecimal behind a mark: `%C3%A9`, `\xc3\xa9`.
    private static func endsOfHex(
        _ own: [UInt8], after mark: String, again: String, then letter: String = "", in octets: [UInt8],
        from start: Int
    ) -> [Int] {
        own.reduce([start]) { starts, octet in
            starts.flatMap { marks(mark, again: again, in: octets, from: $0) }.compactMap { position in
                let digits = octets[position...].dropFirst(letter.utf8.count)
                let isIt =
                    octets[position...].starts(with: letter.utf8) && hex(digits, digits: 2) == Int(octet)
                return isIt ? position + letter.utf8.count + 2 : nil
            }
        }
    }

    /// UTF-16 as JSON escapes it: `\u00e9`.
    private static func endsOfUnits(_ scalar: Unicode.Scalar, in octets: [UInt8], from start: Int) -> [Int] {
        scalar.utf16.reduce([start]) { starts, unit in
            starts.flatMap { marks("\\", again: "\\", in: octets, from: $0) }.compactMap { position in
                let isIt =
                    octets[position...].first == UInt8(ascii: "u")
                    && hex(octets[position...].dropFirst(), digits: 4) == Int(unit)
                return isIt ? position + 5 : nil
            }
        }
    }

    /// What follows `&`: `amp;`, `#38;`, `#x26;`.
    private static func endOfReference(
        _ scalar: Unicode.Scalar, in octets: [UInt8], from start: Int
    ) -> Int? {
        let inside = octets[start...].prefix(9)
        guard let end = inside.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: inside[..<end], as: UTF8.self).lowercased()
        let value: UInt32? =
            name.hasPrefix("#x")
            ? UInt32(name.dropFirst(2), radix: 16)
            : name.hasPrefix("#") ? UInt32(name.dropFirst()) : named[name]?.value
        return value == scalar.value ? end + 1 : nil
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
