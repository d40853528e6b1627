/// What both sides of one transfer have said, and how far an SMTP transaction has come by it.
///
/// Pure, so that any words of a server can be tried without one. How far things have come is counted in final replies,
/// since libcurl does not pipeline and we send one recipient.
package struct CurlDialogue {
    /// What libcurl has to be told after a line of the server's.
    package enum Consequence {
        /// It now says QUIT and waits for the reply before it reports anything.
        case isRefused
        case mayReuseConnection
    }

    private let isSMTP: Bool
    package private(set) var stage = CurlStage.connection
    package private(set) var transcript: [CurlLine] = []
    private var room: Int
    private(set) var isLoggedIn = false
    private var isMasking = false
    private var isUnderWay = false
    private var wasRefused = false
    /// The server's replies and our commands no longer belong to each other.
    private(set) var isOutOfStep = false
    /// The codes in the lines of the reply that is being heard.
    private var codes: Set<Int> = []
    /// Whether the lines of the last reply, the one that refused us if one did, bear different codes.
    package private(set) var isGarbled = false

    /// `room` is how many octets of what is said are kept.
    package init(isSMTP: Bool, room: Int) {
        self.isSMTP = isSMTP
        self.room = room
    }

    /// The connection stands, and the first word of this transfer is about to be said on it.
    package mutating func begin(at stage: CurlStage) {
        isUnderWay = true
        self.stage = stage
    }

    /// The final dot, or the body of a request, is about to leave.
    package mutating func passPointOfNoReturn() {
        stage = .answer
    }

    /// One line of the server's.
    package mutating func hear(_ line: UnsafeRawBufferPointer) -> Consequence? {
        keep(line.printable, from: .server)
        guard isSMTP, !wasRefused, line.count >= 4, line.prefix(3).allSatisfy(\.isDigit) else { return nil }
        // As libcurl has it (smtp_endofresp in lib/smtp.c): a reply ends with a space behind its code, or in a line of five
        // octets, any more digit of which counts.
        let isLast = line[3] == UInt8(ascii: " ") || line.count == 5
        let digits = line.prefix(line.count == 5 ? 5 : 3).prefix(while: \.isDigit)
        let code = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        codes.insert(code)
        guard isLast else { return nil }
        isGarbled = codes.count > 1 || digits.count != 3
        codes = []
        let isPositive = (200...399).contains(code)
        isMasking = isMasking && (300...399).contains(code)
        isLoggedIn = isLoggedIn || code == 235
        guard isUnderWay, !isOutOfStep else { return nil }
        guard isPositive else {
            wasRefused = true
            return .isRefused
        }
        switch (stage, code / 100) {
        case (.sender, 2): stage = .recipient
        case (.recipient, 2): stage = .data
        case (.data, 3): stage = .body
        case (.answer, 2): return .mayReuseConnection
        default: isOutOfStep = true
        }
        return nil
    }

    /// Our own commands, for a traced submission; nothing of an authentication is kept but its mechanism.
    mutating func tell(_ lines: UnsafeRawBufferPointer) {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            if isMasking {
                keep("«masked»", from: .client)
            } else if line.starts(with: "AUTH ".utf8) {
                isMasking = true
                let words = line.printable.split(separator: " ")
                keep(
                    words.prefix(2).joined(separator: " ") + (words.count > 2 ? " «masked»" : ""),
                    from: .client)
            } else {
                keep(line.printable, from: .client)
            }
        }
    }

    private mutating func keep(_ text: String, from side: CurlLine.Side) {
        let text = String(text.prefix(room))
        guard !text.isEmpty else { return }
        room = max(0, room - text.utf8.count)
        transcript.append(CurlLine(from: side, text: text))
    }
}

extension UnsafeRawBufferPointer {
    /// The line without its end, printable ASCII as it is and everything else as `\xNN`.
    fileprivate var printable: String {
        var text = ""
        for octet in self where octet != UInt8(ascii: "\r") && octet != UInt8(ascii: "\n") {
            if (0x20...0x7E).contains(octet) {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                text += "\\x" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
            }
        }
        return text
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
