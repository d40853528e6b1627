import RelanceCore
import Testing

@Suite struct SMSSenderTests {
    @Test(arguments: [
        ("CCINORMAND", "CCINORMAND"), (" CCI ", "CCI"), ("Relance2020", "Relance2020"), ("3CI", "3CI"),
        ("38123", "38123"), ("36111", "36111"), ("33639982014", "33639982014"),
        ("+33639982014", "+33639982014"),
    ]) func `a name or a number can send`(text: String, sender: String) throws {
        #expect(try SMSSender(text).text == sender)
    }

    @Test(arguments: [
        ("", "0 characters, a sender's name has 3 to 11"),
        ("CC", "2 characters, a sender's name has 3 to 11"),
        ("CCINormandie", "12 characters, a sender's name has 3 to 11"),
        ("CCI Caen", "a space, a sender's name has only letters and digits"),
        ("Prévention", "the character “é”, a sender's name has only letters without accents and digits"),
        ("CCI-Caen", "the character “-”, a sender's name has only letters without accents and digits"),
        ("C@I", "the character “@”, a sender's name has only letters without accents and digits"),
        ("12", "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"),
        (
            "0639982014",
            "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"
        ),
        (
            "+38123",
            "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"
        ),
        (
            "+33 639",
            "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"
        ),
        (
            "1234567890123456",
            "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"
        ),
    ]) func `what cannot send is refused in plain words`(text: String, words: String) {
        let problem = #expect(throws: SMSSenderProblem.self) { try SMSSender(text) }
        #expect(problem?.description == words)
    }
}
