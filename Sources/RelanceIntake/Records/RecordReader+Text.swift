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
        var kept = String.UnicodeScalarView()
        var isChanged = false
        var marks = 0
        for scalar in raw.unicodeScalars {
            guard !isPlain(scalar.value) else {
                kept.append(scalar)
                marks = 0
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator:
                kept.append(" ")
                marks = 0
            case .format, .privateUse, .unassigned, .surrogate:
                // A joiner is kept between what it joins: families of emoji, letters of some scripts.
                if scalar.value == 0x200D, let last = kept.last, last.value > 0x2000 {
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

    private static func isPlain(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300: true
        case 0x2010...0x2027, 0x202F...0x203A, 0x20AC: true  // dashes, quotation marks, narrow space, euro
        default: false
        }
    }
}
