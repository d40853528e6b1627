import PositionedJSON
import Testing

/// Every fault with a document that has it and the sentence people read.
@Suite struct `JSON problem sentences` {
    struct Row: CustomTestStringConvertible, Sendable {
        let input: String
        let sentence: String
        var testDescription: String { sentence }

        init(_ input: String, _ sentence: String) {
            self.input = input
            self.sentence = sentence
        }
    }

    @Test(arguments: [
        Row("", "1:1: there is no JSON in it"),
        Row(" \n\t ", "1:1: there is no JSON in it"),
        Row("\u{FEFF}", "1:1: there is no JSON in it"),
        Row("[1,\n 2", "2:3: the text ends here, but what was opened at 1:1 is not closed"),
        Row("{\"a\"", "1:5: the text ends here, but what was opened at 1:1 is not closed"),
        Row("{\"a\":[{", "1:8: the text ends here, but what was opened at 1:7 is not closed"),
        Row("[\"abc", "1:6: the text ends here, inside the string that begins at 1:2"),
        Row("[\"abc\\\"]", "1:9: the text ends here, inside the string that begins at 1:2"),
        Row("[\"a\nb\"]", "1:4: line break inside a string: write \\n, or close the string"),
        Row("[\"a\tb\"]", "1:4: tab inside a string: write \\t"),
        Row("[\"a\u{1}b\"]", "1:4: control character 0x01 inside a string"),
        Row("[1, 2,]", "1:6: JSON allows no comma after the last item"),
        Row("{\"a\": 1,\n}", "1:8: JSON allows no comma after the last item"),
        Row("[,1]", "1:2: expected a value, found ','"),
        Row("[1 2]", "1:4: expected ',' or ']', found a number: a comma is missing before it"),
        Row(
            "{\"a\": \"x\"\n \"b\": 1}",
            "2:2: expected ',' or '}', found a string: a comma is missing before it"),
        Row(
            "[{}{}]", "1:4: expected ',' or ']', found '{': a comma is missing before it"),
        Row("[1}", "1:3: expected ',' or ']', found '}'"),
        Row("{\"a\" 1}", "1:6: expected ':' after the key, found a number"),
        Row("{a: 1}", "1:2: expected a key, found a word: keys stand in double quotes"),
        Row("{1: 1}", "1:2: expected a key, found a number: keys stand in double quotes"),
        Row("{\"a\":}", "1:6: expected a value, found '}'"),
        Row("[\"abc\"x]", "1:7: expected ',' or ']', found a word: a comma is missing before it"),
        Row("[\"a\"\"b\"]", "1:5: expected ',' or ']', found a string: a comma is missing before it"),
        Row("[1] // end", "1:5: JSON knows no comments"),
        Row("# list\n[1]", "1:1: JSON knows no comments"),
        Row("[1, /* \" */ 2]", "1:5: JSON knows no comments"),
        Row("['a']", "1:2: JSON writes strings in double quotes, not in single ones"),
        Row("{'l\"a': 1}", "1:2: JSON writes strings in double quotes, not in single ones"),
        Row("[1] [2]", "1:5: the document has ended, but more follows"),
        Row("[é]", "1:2: expected a value, found a word"),
        Row("[\u{7F}]", "1:2: expected a value, found a word"),
    ]) func `a document that cannot be used says where and why`(row: Row) {
        #expect(throws: JSONProblem.self) { try JSONDocument.parse(Array(row.input.utf8)) }
        do {
            _ = try JSONDocument.parse(Array(row.input.utf8))
        } catch {
            #expect(error.description == row.sentence)
        }
    }

    @Test(arguments: [
        Row("NaN", "1:6: NaN is not a JSON number"),
        Row("-Infinity", "1:6: -Infinity is not a JSON number"),
        Row("True", "1:6: True is not JSON: write true"),
        Row("None", "1:6: None is not JSON: write null"),
        Row("tru", "1:6: not a JSON value: text is written in double quotes"),
        Row("Dupont", "1:6: not a JSON value: text is written in double quotes"),
        Row(
            "0612",
            "1:6: a number may not begin with 0: write it in double quotes if its zeros matter"),
        Row("+33", "1:6: a number may not begin with +"),
        Row(".5", "1:6: a number may not begin with a point: write 0 before it"),
        Row("1.", "1:6: digits are missing in a number"),
        Row("-", "1:6: digits are missing in a number"),
        Row("1e", "1:6: digits are missing in a number"),
        Row("0x1F", "1:6: hexadecimal numbers are not JSON"),
        Row("12h", "1:6: not a number as JSON writes it: digits, one point, an exponent"),
        Row(String(repeating: "9", count: 400), "1:6: a number of 400 characters, at most 32 are allowed"),
        Row(#""a\ud800b""#, #"1:8: half of a surrogate pair (\uD800 to \uDFFF) is no character"#),
        Row(#""\udc00""#, #"1:7: half of a surrogate pair (\uD800 to \uDFFF) is no character"#),
        Row(#""\ud83d\u0041""#, #"1:7: half of a surrogate pair (\uD800 to \uDFFF) is no character"#),
        Row(#""x\u0000""#, "1:8: the character U+0000 is not accepted"),
        Row(#""C:\Users""#, #"1:9: unknown escape in a string: \ is written \\"#),
        Row(#""\u12G4""#, #"1:7: unknown escape in a string: \ is written \\"#),
        Row(
            "\"" + String(repeating: "a", count: 65537) + "\"",
            "1:6: a string of 65537 bytes, at most 65536 are allowed"),
        Row(
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
            "1:37: nested more than 32 levels deep"),
        Row(
            "{\"email\": 1,\n\"x\": 2,\n\"email\": 3}",
            "3:1: key \"email\" stands twice in the same object, first on line 1"),
        Row(
            "{\"e\": 1, \"n\": {\"e\": 2}, \"\\u0065\": 3}",
            "1:30: key \"e\" stands twice in the same object, first on line 1"),
        Row(
            "{" + (0..<257).map { "\"\($0)\":0" }.joined(separator: ",") + "}",
            "1:1945: an object may have at most 256 keys"),
    ]) func `a bad value leaves its neighbours alone`(row: Row) throws {
        let document = try JSONDocument.parse(Array("[10, \(row.input), {\"b\": 30}]".utf8))
        #expect(document.problems.map(\.description) == [row.sentence])
        let elements = Array(document.root.elements)
        try #require(elements.count == 3)
        #expect(elements[0].integer == 10)
        #expect(elements[1].problems == document.problems)
        #expect(elements[2]["b"]?.integer == 30)
        #expect(elements[0].problems.isEmpty && elements[2].problems.isEmpty)
    }

    struct Bytes: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let sentence: String
        var testDescription: String { sentence }

        init(_ bytes: [UInt8], _ sentence: String) {
            self.bytes = bytes
            self.sentence = sentence
        }
    }

    @Test(arguments: [
        Bytes([0xFF, 0xFE, 0x5B, 0, 0x5D, 0], "1:1: not UTF-8, looks like UTF-16"),
        Bytes([0xFE, 0xFF, 0, 0x5B], "1:1: not UTF-8, looks like UTF-16"),
        Bytes([0x5B, 0, 0x5D, 0], "1:1: not UTF-8, looks like UTF-16"),
        Bytes([0, 0, 0, 0x5B], "1:1: not UTF-8, looks like UTF-32"),
        Bytes(
            Array("[\n\"Caf".utf8) + [0xE9] + Array("\"]".utf8),
            "2:5: byte 0xE9 is not valid UTF-8, the file looks like Latin-1 or Windows-1252"),
        Bytes(Array("[\"".utf8) + [0x80] + Array("\"]".utf8), "1:3: byte 0x80 is not valid UTF-8"),
        Bytes(Array("[\"".utf8) + [0xC0, 0xAF] + Array("\"]".utf8), "1:3: byte 0xC0 is not valid UTF-8"),
        Bytes(
            Array("[\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"]".utf8),
            "1:3: byte 0xED is not valid UTF-8"),
        Bytes(
            Array("[\"".utf8) + [0xF4, 0x90, 0x80, 0x80] + Array("\"]".utf8),
            "1:3: byte 0xF4 is not valid UTF-8"),
        Bytes(Array("[\"é".utf8) + [0xE2, 0x82, 0x28], "1:4: byte 0xE2 is not valid UTF-8"),
        Bytes(Array("[1,] \"".utf8) + [0xFF, 0x22], "1:3: JSON allows no comma after the last item"),
        Bytes([0xE2, 0x82], "1:1: byte 0xE2 is not valid UTF-8"),
        Bytes(Array("[\"".utf8) + [0xC0], "1:3: byte 0xC0 is not valid UTF-8"),
        Bytes(Array("[\"".utf8) + [0xED, 0xA0], "1:3: byte 0xED is not valid UTF-8"),
    ]) func `bytes that are no UTF-8 are named with their place`(row: Bytes) {
        do {
            _ = try JSONDocument.parse(row.bytes)
            Issue.record("accepted")
        } catch {
            #expect(error.description == row.sentence)
        }
    }

    @Test(arguments: ["é", "€", "ऄ", "퟿", "🙂", "\u{10FFFF}", "\u{10000}"])
    func `a text that ends inside a character ends inside its string`(character: String) throws {
        let whole = Array(character.utf8)
        for count in 1..<whole.count {
            let bytes = Array("[\n\"é".utf8) + whole.prefix(count)
            let problem = #expect(throws: JSONProblem.self) { try JSONDocument.parse(bytes) }
            #expect(problem?.fault == .unclosedString(opened: JSONPosition(line: 2, column: 1, offset: 2)))
            #expect(problem?.position.offset == bytes.count)
            // A line that ends has been written: what is missing in it does not come any more.
            let lines = try JSONLines.parse(Array("[\"".utf8) + whole.prefix(count) + [UInt8(ascii: "\n")])
            #expect(
                throws: JSONProblem(
                    .invalidUTF8(byte: whole[0], looksLikeLatin1: false),
                    at: JSONPosition(line: 1, column: 3, offset: 2))
            ) { try lines.records.first?.get() }
        }
    }

    @Test func `a document beyond the limit is refused unread`() {
        var limits = JSONLimits.standard
        limits.documentBytes = 4
        do {
            _ = try JSONDocument.parse(Array("[1,2]".utf8), limits: limits)
            Issue.record("accepted")
        } catch {
            #expect(error.description == "1:1: 5 bytes are too many, at most 4 are read")
        }
    }

    @Test func `a key in a sentence stays short and on one line`() throws {
        let key = "a\\n\\u202e" + String(repeating: "k", count: 100)
        let document = try JSONDocument.parse(Array("{\"\(key)\": 1, \"\(key)\": 2}".utf8))
        let sentence = try #require(document.problems.first).fault.description
        #expect(
            sentence == "key \"a\u{FFFD}\u{FFFD}" + String(repeating: "k", count: 61)
                + "…\" stands twice in the same object, first on line 1")
    }
}
