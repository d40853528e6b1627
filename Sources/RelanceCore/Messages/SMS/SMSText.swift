/// A text as a phone gets it: how it is encoded, what it weighs, and where it is cut.
///
/// A message of one part carries 140 octets; from two parts on, each gives six of them to the header that joins them
/// (3GPP TS 23.040, 9.2.3.24.1). A character is never cut in two, so a part may end a unit early. One character
/// outside GSM-7 makes the whole text UCS-2 and more than halves what a part carries: `folded` first, where the
/// text is ours.
package struct SMSText: Hashable, Sendable {
    package enum Encoding: String, Hashable, Sendable {
        case gsm7, ucs2

        /// Units that a message of one part carries.
        package var alone: Int { self == .gsm7 ? 160 : 70 }
        /// Units that each part of several carries.
        package var joined: Int { self == .gsm7 ? 153 : 67 }

        /// What a character takes.
        fileprivate func units(_ scalar: Unicode.Scalar) -> Int {
            switch self {
            case .gsm7: GSM7.septets(scalar) ?? 0
            case .ucs2: UTF16.width(scalar)
            }
        }
    }

    package let text: String
    package let encoding: Encoding
    /// Septets in GSM-7, UTF-16 code units in UCS-2.
    package let units: Int
    /// How many messages are sent and paid; an empty text is one.
    package let parts: Int

    package init(_ text: String) {
        let scalars = text.unicodeScalars
        let encoding = scalars.allSatisfy { GSM7.septets($0) != nil } ? Encoding.gsm7 : .ucs2
        self.text = text
        self.encoding = encoding
        units = scalars.reduce(0) { $0 + encoding.units($1) }
        parts = units <= encoding.alone ? 1 : Self.cuts(scalars, encoding).count + 1
    }

    package var isOneSegment: Bool { parts == 1 }

    /// The most parts of a message of ours: beyond, something is wrong with its words.
    package static let mostParts = 10

    /// The text of each part, in order; joined they are the text.
    package var segments: [String] {
        let scalars = text.unicodeScalars
        let cuts = isOneSegment ? [] : Self.cuts(scalars, encoding)
        return zip([scalars.startIndex] + cuts, cuts + [scalars.endIndex]).map { String(scalars[$0..<$1]) }
    }

    /// Where each part but the first begins.
    private static func cuts(_ scalars: String.UnicodeScalarView, _ encoding: Encoding)
        -> [String.Index]
    {
        var cuts: [String.Index] = []
        var room = encoding.joined
        for index in scalars.indices {
            let units = encoding.units(scalars[index])
            if units > room {
                cuts.append(index)
                room = encoding.joined
            }
            room -= units
        }
        return cuts
    }
}
