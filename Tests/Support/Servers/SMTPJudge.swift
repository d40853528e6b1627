/// What a strict server complains of in what a client says (RFC 5321, 2.3.8, 4.1 and 4.5.3.1; RFC 3207; RFC 4954).
///
/// Of the liberties the standard leaves it knows only those this house takes: one recipient a message, no parameters but
/// SIZE where it is offered, HELO where EHLO may have been refused, seven bits, and no word before the reply to the last one has come.
struct SMTPJudge {
    private enum Verb: String, CaseIterable {
        case ehlo = "EHLO"
        case helo = "HELO"
        case startTLS = "STARTTLS"
        case auth = "AUTH"
        case mail = "MAIL"
        case rcpt = "RCPT"
        case data = "DATA"
        case quit = "QUIT"
    }

    private let extensions: [String]
    /// Whether there is TLS to be had, so that no account is named outside it.
    private let hasTLS: Bool
    private var last: Verb?
    private var usesTLS = false

    init(extensions: [String], hasTLS: Bool) {
        self.extensions = extensions
        self.hasTLS = hasTLS
    }

    /// One command with its line end; `isAlone` says that nothing has come behind it.
    mutating func hear(_ line: [UInt8], isAlone: Bool) -> [String] {
        var complaints: [String] = []
        func complain(_ what: String) {
            complaints.append("\(what): \(String(decoding: line.prefix(80), as: UTF8.self))")
        }
        if line.count > 512 { complain("a command of more than 512 octets") }
        if !line.dropLast(2).allSatisfy({ (0x20...0x7E).contains($0) }) {
            complain("a command that is not printable ASCII")
        }
        if !isAlone { complain("words before the reply") }
        let text = String(decoding: line.dropLast(2), as: UTF8.self)
        guard let verb = Verb.allCases.first(where: { text.prefix { $0 != " " } == $0.rawValue }) else {
            complain("a verb that nobody needs")
            return complaints
        }
        if !follows(verb) { complain("\(verb.rawValue) out of its order") }
        if !isWellFormed(text, verb) { complain("\(verb.rawValue) in another form") }
        if verb == .auth, hasTLS, !usesTLS { complain("AUTH in clear") }
        last = verb
        return complaints
    }

    /// The handshake is over: what follows is protected, and begins anew.
    mutating func startedTLS() {
        (usesTLS, last) = (true, nil)
    }

    /// The answer to a challenge of AUTH, with its line end.
    func hear(answer line: [UInt8]) -> [String] {
        let text = line.dropLast(2)
        let isBase64 = text.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"),
                UInt8(ascii: "="):
                true
            default: false
            }
        }
        return isBase64 && !text.isEmpty && text.count % 4 == 0 ? [] : ["an answer that is no base64"]
    }

    /// A line of a message with its CR LF, as it came.
    func hear(data line: [UInt8]) -> [String] {
        let text = line.dropLast(2)
        let isStuffed = text.starts(with: [UInt8(ascii: "."), UInt8(ascii: ".")])
        var faults: [String] = []
        if line.count > (isStuffed ? 1001 : 1000) { faults.append("a line of more than 1000 octets") }
        if text.first == UInt8(ascii: "."), text.count > 1, !isStuffed {
            faults.append("a dot that is not doubled")
        }
        var strays: Set<String> = []
        for octet in text where octet == 0x0D || octet == 0x0A || octet == 0 || octet > 0x7F {
            strays.insert(
                octet == 0x0D
                    ? "a bare CR" : octet == 0x0A ? "a bare LF" : octet == 0 ? "a NUL" : "eight bits")
        }
        return (faults + strays.sorted()).map {
            "\($0) in the message: \(String(decoding: line.prefix(80), as: UTF8.self))"
        }
    }

    /// The message is over; `isAlone` says that nothing has come behind it.
    func heardMessage(isAlone: Bool) -> [String] {
        isAlone ? [] : ["words before the reply to the final dot"]
    }

    /// Whether a verb may stand where it does; DATA before it is a message sent, or refused.
    private func follows(_ verb: Verb) -> Bool {
        switch (last, verb) {
        case (nil, .ehlo), (.ehlo, .helo), (.helo, .mail), (.ehlo, .startTLS), (.ehlo, .auth), (.ehlo, .mail),
            (.auth, .mail), (.mail, .rcpt),
            (.rcpt, .data), (.data, .mail):
            verb != .startTLS || !usesTLS
        case (.quit, _): false
        case (_, .quit): true
        default: false
        }
    }

    private func isWellFormed(_ text: String, _ verb: Verb) -> Bool {
        let rest = text.dropFirst(verb.rawValue.count)
        switch verb {
        case .startTLS, .data, .quit: return rest.isEmpty
        case .ehlo, .helo: return rest.first == " " && rest.dropFirst().isDomain
        case .auth:
            return extensions.contains {
                $0.hasPrefix("AUTH ") && $0.dropFirst(5).split(separator: " ").contains(rest.dropFirst())
            }
        case .mail:
            guard rest.hasPrefix(" FROM:<"), let end = rest.firstIndex(of: ">") else { return false }
            let path = rest[..<end].dropFirst(" FROM:<".count)
            return (path.isEmpty || path.isMailbox) && isParameter(rest[end...].dropFirst())
        case .rcpt:
            return rest.hasPrefix(" TO:<") && rest.hasSuffix(">")
                && rest.dropFirst(" TO:<".count).dropLast().isMailbox
        }
    }

    private func isParameter(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        let digits = text.dropFirst(" SIZE=".count)
        return text.hasPrefix(" SIZE=") && extensions.contains { $0.split(separator: " ").first == "SIZE" }
            && !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension Substring {
    /// A dot-atom and a domain (RFC 5321, 4.1.2 and 4.5.3.1), nothing quoted.
    fileprivate var isMailbox: Bool {
        let parts = split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), utf8.count <= 254 else {
            return false
        }
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        return parts[1].isDomain
            && atoms.allSatisfy { atom in
                !atom.isEmpty
                    && atom.utf8.allSatisfy { $0.isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            }
    }

    /// Labels of letters, digits and inner hyphens.
    fileprivate var isDomain: Bool {
        utf8.count <= 253
            && split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
            }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
