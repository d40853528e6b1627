/// One connection of a `ScriptedSMTPServer`, on its thread.
final class SMTPSession {
    private let connection: LoopbackConnection
    private let extensions: [String]
    private let identity: TLSIdentity?
    private let released: Latch
    private let script: (ScriptedSMTPServer.Stage, _ recipient: String) -> ScriptedSMTPServer.Behaviour?
    private let noteCommand: (String) -> Void
    private let noteAccepted: (ScriptedSMTPServer.Message) -> Void
    private let noteComplaints: ([String]) -> Void
    private var judge: SMTPJudge
    private var isProtected = false
    /// Of the message under way; empty before there is one.
    private var recipient = ""
    /// The reply already given to what comes next.
    private var givenAhead: String?
    /// More replies were given than were due: whoever goes on at once is right.
    private var hasSpokenAhead = false

    init(
        connection: LoopbackConnection, extensions: [String], identity: TLSIdentity?, released: Latch,
        ask: @escaping (ScriptedSMTPServer.Stage, _ recipient: String) -> ScriptedSMTPServer.Behaviour?,
        noteCommand: @escaping (String) -> Void,
        noteAccepted: @escaping (ScriptedSMTPServer.Message) -> Void,
        noteComplaints: @escaping ([String]) -> Void
    ) {
        self.connection = connection
        self.extensions = extensions
        self.identity = identity
        self.released = released
        script = ask
        self.noteCommand = noteCommand
        self.noteAccepted = noteAccepted
        self.noteComplaints = noteComplaints
        judge = SMTPJudge(extensions: extensions, hasTLS: identity != nil)
    }

    func serve(speaksTLSFirst: Bool) {
        guard !speaksTLSFirst || shakeHands() else { return }
        guard answer(.connect, else: "220 scripted.example ESMTP") else { return }
        var sender = ""
        while let line = connection.read(through: Array("\r\n".utf8)) {
            let command = String(decoding: line.dropLast(2), as: UTF8.self)
            noteCommand(command)
            noteComplaints(judge.hear(line, isAlone: isAlone))
            let verb = command.split(separator: " ").first.map { $0.uppercased() } ?? ""
            let goesOn: Bool
            switch verb {
            case "EHLO": goesOn = answer(.ehlo, else: greeting)
            case "STARTTLS":
                goesOn = answer(.startTLS, else: "220 go ahead", opening: "220", shakeHands)
            case "AUTH": goesOn = authenticate()
            case "MAIL":
                (sender, recipient) = (command.path, "")
                goesOn = answer(.mail, else: "250 sender ok")
            case "RCPT":
                recipient = command.path
                goesOn = answer(.rcpt, else: "250 recipient ok")
            case "DATA":
                // A refusal of DATA leaves the client in command mode.
                goesOn = answer(.data, else: "354 go ahead", opening: "354") {
                    self.receive(from: sender)
                }
            case "QUIT":
                _ = answer(.quit, else: "221 bye")
                goesOn = false
            case "RSET", "NOOP", "HELO": goesOn = act(.reply("250 ok"))
            default: goesOn = act(.reply("500 unknown"))
            }
            guard goesOn else { return }
        }
    }

    private var isAlone: Bool { hasSpokenAhead || !connection.hasMore }

    private func ask(_ stage: ScriptedSMTPServer.Stage) -> ScriptedSMTPServer.Behaviour? {
        script(stage, recipient)
    }

    private var greeting: String {
        let lines = ["scripted.example"] + extensions.filter { !isProtected || $0 != "STARTTLS" }
        return lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)" }
            .joined(separator: "\r\n")
    }

    /// PLAIN without an initial response; whoever comes is welcome.
    private func authenticate() -> Bool {
        connection.write("334 \r\n")
        guard let line = connection.read(through: Array("\r\n".utf8)) else { return false }
        noteComplaints(judge.hear(answer: line))
        return answer(.auth, else: "235 welcome")
    }

    private func shakeHands() -> Bool {
        let behaviour = ask(.handshake)
        var pace = LoopbackConnection.Pace.atOnce
        switch behaviour {
        case .slowly(_, let octets, let rest)?: pace = .pieces(of: octets, restMilliseconds: rest)
        case let behaviour?:
            guard connection.read(count: 1) != nil else { return false }
            return act(behaviour) && false
        case nil: break
        }
        guard let identity else {
            return connection.read(count: 1) != nil && act(.reply("this is not a handshake")) && false
        }
        isProtected = connection.startTLS(identity, pace: pace)
        if isProtected { judge.startedTLS() }
        return isProtected
    }

    private func receive(from sender: String) -> Bool {
        guard let first = connection.read(through: Array("\r\n".utf8)) else { return false }
        noteComplaints(judge.hear(data: first))
        if let behaviour = ask(.body) {
            if behaviour.replies > 0 { hasSpokenAhead = true }
            guard act(behaviour) else { return false }
        }
        var raw = first
        while !raw.isEndOfData {
            guard let line = connection.read(through: Array("\r\n".utf8)) else { return false }
            noteComplaints(judge.hear(data: line))
            raw += line
        }
        noteComplaints(judge.heardMessage(isAlone: isAlone))
        let message = ScriptedSMTPServer.Message(sender: sender, recipient: recipient, octets: raw.unstuffed)
        if let given = givenAhead {
            givenAhead = nil
            if given.hasPrefix("2") { noteAccepted(message) }
            return true
        }
        switch ask(.endOfData) {
        case nil:
            noteAccepted(message)
            return act(.reply("250 2.0.0 Ok: queued as SCRIPTED"))
        case .acceptThen(let behaviour)?:
            noteAccepted(message)
            return act(behaviour)
        case .acceptLate(let reply, let latch)?:
            noteAccepted(message)
            return act(.acceptLate(reply, after: latch))
        case let behaviour?: return act(behaviour)
        }
    }

    /// Answers, and where the reply opens something, goes there.
    private func answer(
        _ stage: ScriptedSMTPServer.Stage, else good: String, opening code: String = "",
        _ opened: () -> Bool = { true }
    ) -> Bool {
        if let given = givenAhead {
            givenAhead = nil
            return given.hasPrefix(code) ? opened() : true
        }
        let behaviour = ask(stage) ?? .reply(good)
        guard act(behaviour) else { return false }
        return behaviour.begins(with: code) ? opened() : true
    }

    /// False when the connection is over.
    private func act(_ behaviour: ScriptedSMTPServer.Behaviour) -> Bool {
        if behaviour.replies > 1 { hasSpokenAhead = true }
        switch behaviour {
        case .reply(let text):
            connection.write(text + "\r\n")
            return true
        case .replyThenClose(let text):
            connection.write(text + "\r\n")
            return false
        case .octets(let octets): return connection.write(octets)
        case .slowly(let text, let octets, let rest):
            return connection.write(
                Array((text + "\r\n").utf8), pace: .pieces(of: octets, restMilliseconds: rest))
        case .ahead(let text):
            hasSpokenAhead = true
            givenAhead = text.split(separator: "\r\n").last.map { String($0) }
            return act(.reply(text))
        case .endlessLine:
            let piece = Array("250-".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 1020)
            while connection.write(piece, pace: .pieces(of: 256, restMilliseconds: 5)) {}
            return false
        case .first(let first, let then): return act(first) && act(then)
        case .acceptThen(let behaviour): return act(behaviour)
        case .readOnAfter(let latch):
            latch.waitOnThisThread()
            return true
        case .acceptLate(let reply, let latch):
            latch.waitOnThisThread()
            return act(.reply(reply))
        case .opening(let latch):
            latch.open()
            return true
        case .close: return false
        case .reset:
            connection.reset()
            return false
        case .stall:
            released.waitOnThisThread()
            return false
        }
    }
}

extension ScriptedSMTPServer.Behaviour {
    /// How many whole replies it says at once.
    fileprivate var replies: Int {
        switch self {
        case .reply(let text), .replyThenClose(let text): text.replies
        case .octets(let octets): String(decoding: octets, as: UTF8.self).replies
        case .first(let first, let then): first.replies + then.replies
        default: 0
        }
    }

    /// Whether what it says first begins so.
    fileprivate func begins(with code: String) -> Bool {
        switch self {
        case .reply(let text), .replyThenClose(let text), .slowly(let text, _, _), .ahead(let text),
            .acceptLate(let text, _):
            text.hasPrefix(code)
        case .octets(let octets): octets.starts(with: code.utf8)
        case .first(let first, _), .acceptThen(let first): first.begins(with: code)
        case .endlessLine, .readOnAfter, .opening, .close, .reset, .stall: code.isEmpty
        }
    }
}

extension String {
    /// The lines in it that end a reply.
    fileprivate var replies: Int {
        split(separator: "\r\n").count { $0.dropFirst(3).first == " " && $0.prefix(3).allSatisfy(\.isNumber) }
    }

    /// What stands between `<` and `>` in MAIL FROM and RCPT TO.
    fileprivate var path: String {
        guard let start = firstIndex(of: "<"), let end = lastIndex(of: ">") else { return "" }
        return String(self[index(after: start)..<end])
    }
}

extension [UInt8] {
    fileprivate var isEndOfData: Bool {
        self == Array(".\r\n".utf8) || suffix(5).elementsEqual("\r\n.\r\n".utf8)
    }

    /// Without the final dot's line, and without the dot added to lines that begin with one.
    fileprivate var unstuffed: [UInt8] {
        var plain: [UInt8] = []
        var atLineStart = true
        for octet in dropLast(3) {
            if !(atLineStart && octet == UInt8(ascii: ".")) { plain.append(octet) }
            atLineStart = octet == UInt8(ascii: "\n")
        }
        return plain
    }
}
