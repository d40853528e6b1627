import RelanceCore

extension FuzzTarget {
    /// A text message.
    ///
    /// Promise: its parts joined are the text, each fits, folding twice is folding once, and what was GSM-7 stays so and does
    /// not grow.
    static let textMessage = FuzzTarget("text_message") { bytes in
        let original = SMSText(bytes.text)
        let folded = SMSText(SMSText.folded(original.text))
        let again = SMSText.folded(folded.text)
        try expect(
            again.unicodeScalars.elementsEqual(folded.text.unicodeScalars), "a fold is its own fold")
        for text in [original, folded] {
            try expect(
                text.segments.joined().unicodeScalars.elementsEqual(text.text.unicodeScalars),
                "the parts joined are the text")
            try expect(text.segments.count == text.parts, "there are as many parts as are counted")
            for part in text.segments {
                let units = text.encoding == .ucs2 ? part.utf16.count : SMSText(part).units
                try expect(units <= text.encoding.alone, "a part fits a message")
            }
        }
        if original.encoding == .gsm7 {
            try expect(folded.encoding == .gsm7, "the alphabet stays")
            try expect(folded.units <= original.units, "no text of the alphabet grows")
        }
    }

    /// A telephone number.
    ///
    /// Promise: it is a plus and digits, dialled and shown, and reads back as itself.
    static let phoneNumber = FuzzTarget("phone_number") { bytes in
        for region in ["FR", "RE", "US"] {
            guard let number = PhoneNumber(bytes.text, region: region) else { continue }
            try expect(
                number.e164.first == "+" && number.e164.dropFirst().allSatisfy { ("0"..."9").contains($0) },
                "\(number.e164.debugDescription) is a plus and digits")
            try expect(PhoneNumber(number.e164) == number, "\(number.e164) reads back as itself")
            try expect(!number.description.isEmpty, "\(number.e164) can be shown")
            try expect(
                number.dialled.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(number.e164) can be dialled")
        }
        _ = try? SMSSender(bytes.text)
    }
}
