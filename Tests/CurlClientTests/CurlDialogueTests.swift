import CurlClient
import Testing

/// What is made of a relay's lines without a relay: where the transaction stands, and whether its last reply is one.
@Suite struct CurlDialogueTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// From the reply to MAIL on.
        let lines: [String]
        let stage: CurlStage
        var isGarbled = false

        init(_ name: String, _ lines: String..., stage: CurlStage, isGarbled: Bool = false) {
            testDescription = name
            self.lines = lines
            self.stage = stage
            self.isGarbled = isGarbled
        }
    }

    @Test(arguments: [
        Row("nothing yet", stage: .sender),
        Row("one reply", "250 Ok\r\n", stage: .recipient),
        Row("a reply of several lines", "250-Ok\r\n", "250 Ok\r\n", stage: .recipient),
        Row("a code alone", "250\r\n", stage: .recipient),
        Row("a code and a hyphen alone, which libcurl takes for the last line", "250-\n", stage: .recipient),
        Row("a code with a tab behind it, for the end of which libcurl waits", "250\tOk\r\n", stage: .sender),
        Row("a code alone with a bare line feed, likewise", "250\n", stage: .sender),
        Row("words without a code", "Ok\r\n", stage: .sender),
        Row("a refusal, and the reply to QUIT", "550 no\r\n", "221 bye\r\n", stage: .sender),
        Row("lines that disagree", "550-no\r\n", "250 Ok\r\n", stage: .recipient, isGarbled: true),
        Row(
            "lines that disagree, with words between", "550-no\r\n", "x\r\n", "250 Ok\r\n", stage: .recipient,
            isGarbled: true),
        Row("a refusal whose lines disagree", "250-Ok\r\n", "550 no\r\n", stage: .sender, isGarbled: true),
        Row("a reply after one that was none", "550-no\r\n", "250 Ok\r\n", "250 Ok\r\n", stage: .data),
        Row("four digits, of which libcurl makes another code", "0250\n", stage: .recipient, isGarbled: true),
        Row("a reply too many", "250 Ok\r\n", "250 Ok\r\n", "250 Ok\r\n", "354 go\r\n", stage: .data),
    ])
    func `a reply counts as it does for libcurl`(row: Row) {
        var dialogue = CurlDialogue(isSMTP: true, room: 1000)
        dialogue.begin(at: .sender)
        for line in row.lines { Array(line.utf8).withUnsafeBytes { _ = dialogue.hear($0) } }
        #expect(dialogue.stage == row.stage)
        #expect(dialogue.isGarbled == row.isGarbled)
    }

    @Test func `what disagrees is noticed also when nothing more is kept`() {
        var dialogue = CurlDialogue(isSMTP: true, room: 10)
        dialogue.begin(at: .sender)
        for line in ["250 \(String(repeating: "x", count: 100))\r\n", "550-no\r\n", "250 Ok\r\n"] {
            Array(line.utf8).withUnsafeBytes { _ = dialogue.hear($0) }
        }
        #expect(dialogue.transcript.map(\.text) == ["250 xxxxxx"])
        #expect(dialogue.isGarbled)
    }
}
