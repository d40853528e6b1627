import CurlClient
import RelanceCore
import RelanceDelivery

extension FuzzTarget {
    /// What a relay says to one submission: how the line ends when it has said all, then its lines.
    ///
    /// Promise: a message is accepted only by one agreeing reply to its final dot, refused only by a 5xx from RCPT on,
    /// and in doubt once its dot has left without a reply; what is kept of the words has at most 512 octets and holds no
    /// address, no secret and nothing that cannot be printed.
    static let smtpReply = FuzzTarget("smtp_reply") { bytes in
        var cursor = ByteCursor(bytes)
        var submission = SimulatedSubmission(
            end: cursor.choice(of: SimulatedSubmission.ends), hasLogin: cursor.byte() & 1 == 1)
        while !cursor.rest.isEmpty { submission.hear(cursor.bytes(until: UInt8(ascii: "\n"))) }
        let result = submission.result.reworded { SimulatedSubmission.secrets.masked($0) }
        let outcome = FailureClassification.outcome(of: result)
        try expect(submission.isInStep, "how far things have come is counted as libcurl counts it")
        switch outcome {
        case .accepted(let reply, _):
            try expectClean(reply)
            try expect(submission.isAnswered, "what was accepted had come to its answer")
            try expect(
                submission.repliesToDot == ["2"], "what was accepted was answered 2xx in every line")
        case .deferred(let failure):
            try expectClean(failure.detail)
            try expect(!submission.isInDoubt, "what may have been accepted is in doubt")
        case .refused(let failure):
            try expectClean(failure.detail)
            try expect((500...599).contains(submission.code), "only a 5xx refuses")
            try expect(result.stage >= .recipient, "only from RCPT on is a message refused")
        case .ambiguous(let failure):
            try expectClean(failure.detail)
            try expect(result.stage == .answer, "nothing is in doubt before its final dot")
        case .interrupted:
            try expect(!submission.isInDoubt, "what may have been accepted is in doubt")
        }
    }

    private static func expectClean(_ words: String) throws {
        try expect(words.utf8.count <= 512, "what is kept has at most 512 octets")
        try expect(!words.contains("@"), "\(words.debugDescription) holds no address")
        try expect(
            SafeText.isPrintable(words), "\(words.debugDescription) can be printed"
        )
        for form in SimulatedSubmission.formsOfSecret {
            try expect(!words.contains(form), "\(words.debugDescription) repeats no secret")
        }
    }
}

/// A submission without a network: libcurl's side of it, as `smtp_endofresp` and the `smtp_state_…_resp` of lib/smtp.c have
/// it (7.88.1), beside what we make of the same lines.
private struct SimulatedSubmission {
    private enum Step { case greeting, hello, login, sender, recipient, data, dot, answered, quit }

    private static let password = "hunter2-é-hunter2"
    /// As the courier has them.
    static let secrets = SpokenSecrets(["\0relance\0\(password)", password])
    static let formsOfSecret = [
        password, #"hunter2-\xc3\xa9-hunter2"#, Checksum.base64(Array(password.utf8)),
        Checksum.base64(Array("\0relance\0\(password)".utf8)),
    ]

    static let ends: [CurlProblem] = [
        .failure(.receiving, code: 56, message: "Recv failure: Connection reset by peer"),
        .failure(.timeout, code: 28, message: "response reading failed"),
        .failure(.sending, code: 55, message: "Send failure: Broken pipe"),
        .failure(.handshake, code: 35, message: "wrong version number"), .cancelled, .poolClosed,
        .unauthenticated, .unprotected,
    ]

    private let end: CurlProblem
    private let hasLogin: Bool
    private var step = Step.greeting
    private var problem: CurlProblem?
    private var dialogue = CurlDialogue(isSMTP: true, room: CurlLimits().transcript)
    private(set) var code = 0
    /// The first digits of the lines, with a code, that answered the final dot.
    private(set) var repliesToDot: Set<String> = []

    init(end: CurlProblem, hasLogin: Bool) {
        self.end = end
        self.hasLogin = hasLogin
    }

    var isAnswered: Bool { step == .answered }
    var isInDoubt: Bool { step == .dot }

    var isInStep: Bool {
        let stage: CurlStage? =
            switch step {
            case .greeting, .hello, .login: .connection
            case .sender: .sender
            case .recipient: .recipient
            case .data: .data
            case .dot, .answered: .answer
            case .quit: nil
            }
        return stage == nil || dialogue.stage == stage
    }

    var result: CurlResult {
        var ending: CurlProblem? = step == .answered ? nil : end
        // Both are said before the first word of a submission.
        if dialogue.stage > .connection, [.unauthenticated, .unprotected].contains(end) {
            ending = .cancelled
        }
        return CurlResult(
            problem: problem ?? ending, stage: dialogue.stage, responseCode: code,
            isReplyGarbled: dialogue.isGarbled,
            transcript: dialogue.transcript, connectionsOpened: 1, wasProtected: true)
    }

    mutating func hear(_ text: [UInt8]) {
        guard step != .answered else { return }
        let line = text + [UInt8(ascii: "\n")]
        line.withUnsafeBytes { _ = dialogue.hear($0) }
        if step == .dot, line.count > 3, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }) {
            repliesToDot.insert(Array(line.prefix(1)).text)
        }
        guard let reply = Self.finalCode(of: line), step != .quit else { return }
        code = reply == 1 ? 0 : reply
        take(reply)
    }

    /// The code of a line that ends a reply for libcurl.
    private static func finalCode(of line: [UInt8]) -> Int? {
        guard line.count >= 4, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }),
            line[3] == UInt8(ascii: " ") || line.count == 5
        else { return nil }
        let digits = line.prefix(line.count == 5 ? 5 : 3).prefix { (0x30...0x39).contains($0) }
        return Int(Array(digits).text)
    }

    private mutating func take(_ reply: Int) {
        let isPositive = reply / 100 == 2
        switch step {
        case .greeting:
            isPositive ? step = .hello : fail(.weirdReply, 8, "Got unexpected smtp-server response")
        case .hello:
            guard isPositive else { return fail(.other, 9, "Remote access denied") }
            hasLogin ? step = .login : begin()
        case .login:
            guard reply != 334 else { return }
            reply == 235 ? begin() : fail(.loginDenied, 67, "Login denied")
        case .sender: isPositive ? step = .recipient : fail(.sending, 55, "MAIL failed: \(reply)")
        case .recipient: isPositive ? step = .data : fail(.sending, 55, "RCPT failed: \(reply)")
        case .data:
            guard reply == 354 else { return fail(.sending, 55, "DATA failed: \(reply)") }
            step = .dot
            dialogue.passPointOfNoReturn()
        case .dot:
            if reply == 250 {
                step = .answered
            } else {
                fail(.weirdReply, 8, "Weird server reply")
                if isPositive { step = .answered }
            }
        case .answered, .quit: break
        }
    }

    private mutating func begin() {
        step = .sender
        dialogue.begin(at: .sender)
    }

    private mutating func fail(_ failure: CurlFailure, _ code: Int, _ message: String) {
        step = .quit
        problem = .failure(failure, code: code, message: message)
    }
}
