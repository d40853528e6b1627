import Foundation
import PositionedJSON
import RelanceCore

extension RecordReader {
    /// A line of text for people: trimmed, composed, without characters that hide or turn what follows
    /// (reliability 2.11, "bidi/spoofing"); nil when blank.
    mutating func line(_ field: Field) -> String? {
        guard let raw = field.value.string else {
            drop(field, expected: "text")
            return nil
        }
        guard raw.utf8.count <= 1024 else {
            drop(field, expected: "at most 1024 bytes of text", found: .withheld)
            return nil
        }
        if raw.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return raw.trimmed.nonEmpty }
        let (clean, isChanged) = VisibleText.clean(raw)
        if isChanged { note(.warning, .invisibleCharacters, field) }
        if VisibleText.mixesAlphabets(clean) { note(.warning, .mixedAlphabets, field) }
        return clean.trimmed.nonEmpty
    }

    /// Free text, kept as it is and never shown by us.
    mutating func freeText(_ field: Field) -> String? {
        guard let text = field.value.string else {
            drop(field, expected: "text", found: field.value.kind == .number ? .withheld : nil)
            return nil
        }
        return text.trimmed.nonEmpty
    }

    /// A name that other records use, as text or as a whole number.
    mutating func identifier(
        _ field: Field, _ severity: IntakeProblem.Severity = .dropped
    ) -> String? {
        if field.value.integer != nil { return field.value.numberText }
        guard let text = field.value.string?.trimmed, text.utf8.count <= 128,
            !text.unicodeScalars.contains(where: \.isControl)
        else {
            drop(field, expected: "a name of at most 128 bytes without control characters", severity)
            return nil
        }
        let (clean, isChanged) = VisibleText.clean(text)
        if isChanged { note(.warning, .invisibleCharacters, field) }
        return clean.trimmed.nonEmpty
    }

    mutating func email(
        _ field: Field, _ severity: IntakeProblem.Severity = .dropped
    ) -> EmailAddress? {
        guard let text = field.value.string else {
            drop(field, expected: "an e-mail address", severity)
            return nil
        }
        guard !text.trimmed.isEmpty else { return nil }
        do {
            return try EmailAddress(text)
        } catch {
            drop(field, expected: "one address such as name@company.example: \(error)", severity)
            return nil
        }
    }

    mutating func phone(_ field: Field) -> PhoneNumber? {
        guard let text = field.value.string else {
            drop(field, expected: "one telephone number in double quotes, such as \"02 61 91 10 21\"")
            return nil
        }
        if text.trimmed.isEmpty { return nil }
        guard let phone = PhoneNumber(text, region: rules.region) else {
            drop(field, expected: "one whole telephone number, such as 02 61 91 10 21 or +44 20 7946 0123")
            return nil
        }
        if phone.line == .other {
            note(
                .warning,
                .doubtful("neither a landline nor a mobile in its numbering plan, so it takes no text"),
                field)
        }
        return phone
    }
}

extension String {
    /// Nil when empty.
    var nonEmpty: String? { isEmpty ? nil : self }

    /// Unicode's composed form (NFC), so that equal texts have equal bytes: keys are computed from them.
    var composed: String { precomposedStringWithCanonicalMapping }
}

/// What may stand in a line shown to people.
enum VisibleText {
    /// More marks than this upon one letter are no language's spelling.
    private static let marksPerLetter = 4

    /// Takes out what one cannot see, turns control characters into spaces, limits stacked marks, and composes.
    static func clean(_ raw: String) -> (text: String, isChanged: Bool) {
        // Latin letters before the combining marks are visible and composed as they are.
        if raw.unicodeScalars.allSatisfy({ isPlain($0.value) }) { return (raw, false) }
        let scalars = raw.unicodeScalars
        var kept = String.UnicodeScalarView()
        var isChanged = false
        var marks = 0
        for index in scalars.indices {
            let scalar = scalars[index]
            guard !isPlain(scalar.value) else {
                kept.append(scalar)
                marks = 0
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                kept.append(" ")
                marks = 0
            case _ where scalar.isUnprintable, .unassigned:
                if scalar.joins(kept.last, with: scalars[index...].dropFirst().first) {
                    kept.append(scalar)
                } else {
                    isChanged = true
                }
            case .nonspacingMark, .enclosingMark, .spacingMark:
                marks += 1
                if marks <= marksPerLetter { kept.append(scalar) } else { isChanged = true }
            default:
                kept.append(scalar)
                marks = 0
            }
        }
        return (String(kept).composed, isChanged)
    }

    /// Whether a word is written with Latin letters and with Greek or Cyrillic ones that look like them (UTS #39, 5): no
    /// language does that, and a name may pose as another so.
    static func mixesAlphabets(_ text: String) -> Bool {
        guard text.unicodeScalars.contains(where: { isGreekOrCyrillic($0.value) }) else { return false }
        return text.split { !$0.isLetter }.contains { word in
            word.unicodeScalars.contains { isLatin($0.value) }
                && word.unicodeScalars.contains { isGreekOrCyrillic($0.value) }
        }
    }

    /// By the blocks that Unicode keeps for them.
    private static func isGreekOrCyrillic(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x370...0x3FF, 0x1F00...0x1FFF, 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F:
            true
        default: false
        }
    }

    private static func isLatin(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0x24F, 0x250...0x2AF, 0x1E00...0x1EFF, 0x2C60...0x2C7F,
            0xA720...0xA7FF, 0xFB00...0xFB06, 0xFF21...0xFF3A, 0xFF41...0xFF5A:
            true
        default: false
        }
    }

    private static func isPlain(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300: true
        case 0x2010...0x2027, 0x202F...0x203A, 0x20AC: true  // dashes, quotation marks, narrow space, euro
        default: false
        }
    }
}
