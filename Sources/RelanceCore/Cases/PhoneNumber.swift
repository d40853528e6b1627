import CPhoneNumber

/// A telephone number as the numbering plans know it, so that equal lines are equal numbers however they were written.
///
/// The plans are libphonenumber's. French numbers written in ten digits are one plan, dialled alike on the mainland
/// and overseas: `0692…` is +262 wherever it was written, and is never rewritten to +33.
package struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    /// What kind of line the plan gives the number to.
    package enum Line: Hashable, Sendable {
        case mobile, landline
        /// Landlines and mobiles share their numbers, as in North America.
        case either
        /// Special rates, pagers, and numbers of the right form in a block that nobody was given.
        case other
    }

    /// A plus, the country's code and the number: `+33639982014` (ITU-T E.164).
    package let e164: String
    package let line: Line

    /// Nil unless the text is one number a plan has the form of, dialled internationally or as in `region` (ISO 3166).
    ///
    /// Spaces, dots, hyphens, strokes, the `(0)` of letterheads and a first zero lost in a spreadsheet are tolerated.
    package init?(_ raw: String, region: String = "FR") {
        guard let digits = Self.digits(raw) else { return nil }
        var line = CPHONENUMBER_OTHER
        let e164 = Self.text(of: digits, capacity: CPHONENUMBER_E164_CAPACITY) {
            cphonenumber_read($0, $1, region, $2, &line)
        }
        guard !e164.isEmpty else { return nil }
        self.e164 = e164
        self.line =
            switch line {
            case CPHONENUMBER_MOBILE: .mobile
            case CPHONENUMBER_LANDLINE: .landline
            case CPHONENUMBER_EITHER: .either
            default: .other
            }
    }

    /// Whether a text message may reach it.
    package var takesTextMessages: Bool { line == .mobile || line == .either }

    /// What a link dials: `tel:+33639982014` works from any country.
    package var dialled: String { e164 }

    /// Where the number belongs: "FR", "RE", "GB"; "001" when to no country.
    package var region: String {
        Self.text(of: e164, capacity: CPHONENUMBER_REGION_CAPACITY, cphonenumber_region)
    }

    /// Grouped as the French read it (`02 61 91 10 21`, `0692 12 34 56`) where the French ten-digit plan holds, else
    /// internationally (`+44 7700 900123`).
    package var description: String {
        Self.text(of: e164, capacity: CPHONENUMBER_FORMATTED_CAPACITY, cphonenumber_format)
    }

    /// What a log may show: the country's code and the last two digits, `+33•••••••14` (domain 4.4).
    package var masked: String {
        let shown = 1 + String(cphonenumber_calling_code(e164, e164.utf8.count)).count
        return e164.prefix(shown) + String(repeating: "•", count: e164.count - shown - 2) + e164.suffix(2)
    }

    /// The digits with their leading plus; nil when there is anything else, or more than any number has.
    private static func digits(_ raw: String) -> String? {
        var digits = ""
        for scalar in raw.trimmed.unicodeScalars {
            switch scalar {
            case "0"..."9": digits.unicodeScalars.append(scalar)
            case "+" where digits.isEmpty: digits.append("+")
            case " ", ".", "-", "/", "(", ")", "\u{A0}", "\u{202F}": continue
            default: return nil
            }
        }
        return digits.utf8.count <= 20 ? digits : nil
    }

    /// What a call of the library writes of a text.
    private static func text(
        of text: String, capacity: Int,
        _ write: (UnsafePointer<CChar>, Int, UnsafeMutablePointer<CChar>) -> Int
    ) -> String {
        String(unsafeUninitializedCapacity: capacity) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let start = buffer.baseAddress else { return 0 }
                return write(text, text.utf8.count, start)
            }
        }
    }
}
