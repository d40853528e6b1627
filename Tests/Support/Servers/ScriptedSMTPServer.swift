import Foundation

/// An SMTP server in clear text on loopback that behaves well, except where its script says otherwise; it remembers
/// every command and every message octet by octet.
package final class ScriptedSMTPServer: Sendable {
    /// The moments at which the script is asked.
    package enum Stage: String, CaseIterable, Sendable {
        case connect, ehlo, startTLS, handshake, auth, mail, rcpt, data
        /// After the first line of the message.
        case body
        case endOfData, quit
    }

    package enum Behaviour: Sendable {
        /// This reply instead of the good one. Several lines are written as they are.
        case reply(String)
        case replyThenClose(String)
        /// Only at `endOfData`: the message counts as accepted, and then the reply fails to come.
        indirect case acceptThen(Behaviour)
        /// Only at `endOfData`: the message counts as accepted, and the reply comes once the latch opens.
        case acceptLate(String, after: Latch)
        /// Only at `body`: the rest is read once the latch opens.
        case readOnAfter(Latch)
        case close
        case reset
        /// Nothing more, until `release`.
        case stall
    }

    package struct Message: Sendable {
        package let sender: String
        package let recipient: String
        /// What came after DATA up to the final dot, dot-stuffing undone.
        package let octets: [UInt8]
    }

    /// Asked with the number of times this stage has been reached before; nil is good behaviour.
    package typealias Script = @Sendable (Stage, _ times: Int) -> Behaviour?

    private struct Record {
        var commands: [[String]] = []
        var accepted: [Message] = []
        var times: [Stage: Int] = [:]
    }

    package let port: Int
    private let listener: LoopbackListener
    private let record: Guarded<Record>
    private let reached: [Stage: Latch]
    private let released: Latch
    private let firstEnded: Latch

    /// `extensions` are the EHLO keywords; a script for `auth` or `startTLS` wants AUTH PLAIN or STARTTLS among them.
    package init(extensions: [String] = ["8BITMIME"], script: @escaping Script = { _, _ in nil }) throws {
        let record = Guarded(Record())
        let reached = Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, Latch()) })
        let released = Latch()
        let ended = Latch()
        listener = try LoopbackListener { connection, number in
            let session = Session(
                connection: connection, extensions: extensions, released: released,
                ask: { stage in
                    let times = record.withLock { record in
                        defer { record.times[stage, default: 0] += 1 }
                        return record.times[stage, default: 0]
                    }
                    reached[stage]?.open()
                    return script(stage, times)
                },
                noteCommand: { command in record.withLock { $0.commands[number].append(command) } },
                noteAccepted: { message in record.withLock { $0.accepted.append(message) } })
            record.withLock { record in
                while record.commands.count <= number { record.commands.append([]) }
            }
            session.serve()
            ended.open()
        }
        port = listener.port
        self.record = record
        self.reached = reached
        self.released = released
        self.firstEnded = ended
    }

    /// Misbehaves in one way, each time it comes to one stage.
    package convenience init(
        extensions: [String] = ["8BITMIME"], at stage: Stage, _ behaviour: Behaviour
    ) throws {
        try self.init(extensions: extensions) { asked, _ in asked == stage ? behaviour : nil }
    }

    /// The commands of each connection, in the order of their coming.
    package var commands: [[String]] { record.withLock { $0.commands } }
    package var accepted: [Message] { record.withLock { $0.accepted } }

    /// What was accepted since the last taking; it and the commands so far are forgotten, for those who stay for long.
    package func takeAccepted() -> [Message] {
        record.withLock { record in
            defer {
                record.accepted = []
                record.commands = record.commands.map { _ in [] }
            }
            return record.accepted
        }
    }

    package func times(_ stage: Stage) -> Int { record.withLock { $0.times[stage, default: 0] } }

    /// Waits until some connection has come to the stage.
    package func reached(_ stage: Stage) async {
        await reached[stage]?.opened()
    }

    /// Waits until some connection is over.
    package func ended() async {
        await firstEnded.opened()
    }

    /// Ends every stall: the connection is closed.
    package func release() {
        released.open()
    }

    package func stop() {
        release()
        listener.stop()
    }

    deinit {
        stop()
    }
}

/// One connection of the server.
private struct Session {
    let connection: LoopbackConnection
    let extensions: [String]
    let released: Latch
    let ask: (ScriptedSMTPServer.Stage) -> ScriptedSMTPServer.Behaviour?
    let noteCommand: (String) -> Void
    let noteAccepted: (ScriptedSMTPServer.Message) -> Void

    func serve() {
        guard answer(.connect, else: "220 scripted.example ESMTP") else { return }
        var sender = ""
        var recipient = ""
        while let command = connection.readLine() {
            noteCommand(command)
            let verb = command.split(separator: " ").first.map { $0.uppercased() } ?? ""
            let goesOn: Bool
            switch verb {
            case "EHLO":
                let lines = ["scripted.example"] + extensions
                goesOn = answer(
                    .ehlo,
                    else: lines.enumerated().map { "250\($0 == lines.count - 1 ? " " : "-")\($1)" }
                        .joined(separator: "\r\n"))
            case "STARTTLS":
                goesOn = answer(.startTLS, else: "220 go ahead") && handshake()
            case "AUTH": goesOn = authenticate()
            case "MAIL":
                sender = command.path
                goesOn = answer(.mail, else: "250 sender ok")
            case "RCPT":
                recipient = command.path
                goesOn = answer(.rcpt, else: "250 recipient ok")
            case "DATA":
                // A refusal of DATA leaves the client in command mode.
                switch ask(.data) {
                case nil:
                    connection.write("354 go ahead\r\n")
                    goesOn = receive(from: sender, to: recipient)
                case let behaviour?: goesOn = act(behaviour)
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

    /// PLAIN without an initial response; whoever comes is welcome.
    private func authenticate() -> Bool {
        connection.write("334 \r\n")
        return connection.readLine() != nil && answer(.auth, else: "235 welcome")
    }

    /// We have no TLS: whatever comes, words follow instead of a handshake.
    private func handshake() -> Bool {
        guard connection.read(count: 1) != nil else { return false }
        return answer(.handshake, else: "this is not a handshake") && false
    }

    private func receive(from sender: String, to recipient: String) -> Bool {
        guard let first = connection.read(through: Array("\r\n".utf8)) else { return false }
        if let behaviour = ask(.body), !act(behaviour) { return false }
        var raw = first
        while !raw.isEndOfData {
            guard let line = connection.read(through: Array("\r\n".utf8)) else { return false }
            raw += line
        }
        let message = ScriptedSMTPServer.Message(sender: sender, recipient: recipient, octets: raw.unstuffed)
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

    private func answer(_ stage: ScriptedSMTPServer.Stage, else good: String) -> Bool {
        act(ask(stage) ?? .reply(good))
    }

    /// False when the connection is over.
    private func act(_ behaviour: ScriptedSMTPServer.Behaviour) -> Bool {
        switch behaviour {
        case .reply(let text):
            connection.write(text + "\r\n")
            return true
        case .replyThenClose(let text):
            connection.write(text + "\r\n")
            return false
        case .acceptThen(let behaviour): return act(behaviour)
        case .readOnAfter(let latch):
            latch.waitOnThisThread()
            return true
        case .acceptLate(let reply, let latch):
            latch.waitOnThisThread()
            return act(.reply(reply))
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

extension String {
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
