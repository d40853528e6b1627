import RelanceCore
import Testing

@Suite struct PhoneNumberTests {
    @Test(arguments: [
        ("02 61 91 10 21", "0261911021", "02 61 91 10 21"),
        ("02.61.91.10.21", "0261911021", "02 61 91 10 21"),
        ("02-61/91 10\u{202F}21", "0261911021", "02 61 91 10 21"),
        ("+33 6 39 98 20 14", "+33639982014", "+33639982014"),
        ("+33 (0)6 39 98 20 14", "+33639982014", "+33639982014"),
        ("\u{A0}0639982014 ", "0639982014", "06 39 98 20 14"),
        ("123456", "123456", "123456"), ("+123456789012345", "+123456789012345", "+123456789012345"),
    ])
    func `these can be dialled`(text: String, dialled: String, shown: String) {
        #expect(PhoneNumber(text)?.dialled == dialled)
        #expect(PhoneNumber(text)?.description == shown)
    }

    @Test(arguments: [
        "", "12345", "1234567890123456", "02 61 91 10 21 poste 4", "02 61 91\n10 21", "٠٦٣٩٩٨٢٠١٤",
        "06+39982014", "++33639982014",
        "06 39 98 20 14, 02 61 91 10 21", "appeler le soir",
    ])
    func `these cannot`(text: String) {
        #expect(PhoneNumber(text) == nil)
    }
}
