import RelanceDelivery
import Testing

struct QuotedPrintableTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let text: String
        let encoded: String
        var testDescription: String { encoded.debugDescription }

        init(_ text: String, _ encoded: String) {
            self.text = text
            self.encoded = encoded
        }
    }

    @Test(arguments: [
        Example("", "\r\n"),
        Example("Bonjour", "Bonjour\r\n"),
        Example("Bonjour\n", "Bonjour\r\n"),
        Example("a\n\n", "a\r\n\r\n"),
        Example("été = summer", "=C3=A9t=C3=A9 =3D summer\r\n"),
        Example("a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd\r\n"),
        Example("end \nend\t\n", "end=20\r\nend=09\r\n"),
        Example(".\n..", "=2E\r\n=2E.\r\n"),
        Example("From here\nFrom: x", "=46rom here\r\nFrom: x\r\n"),
        Example("a\u{B}b\u{2028}c", "a=0Bb=E2=80=A8c\r\n"),
    ])
    func `text is written in the one way RFC 2045 6_7 leaves us`(example: Example) {
        #expect(String(decoding: QuotedPrintable.encode(example.text), as: UTF8.self) == example.encoded)
    }

    @Test func `the example of RFC 2045 breaks where a line is full`() {
        let text = String(repeating: "x", count: 76) + "\n" + String(repeating: "x", count: 77)
        let expected =
            String(repeating: "x", count: 76) + "\r\n" + String(repeating: "x", count: 75) + "=\r\nxx\r\n"
        #expect(String(decoding: QuotedPrintable.encode(text), as: UTF8.self) == expected)
    }

    @Test func `a soft break never cuts a character in two`() {
        let encoded = String(
            decoding: QuotedPrintable.encode(String(repeating: "🍎", count: 40)), as: UTF8.self)
        for line in encoded.split(separator: "\r\n") {
            let piece = line.hasSuffix("=") ? line.dropLast() : line
            #expect(line.utf8.count <= 76)
            #expect(piece.utf8.count % 12 == 0, "a whole apple is twelve octets: \(line)")
        }
    }
}
