import Foundation

/// An SMTP server on loopback that behaves well, except where its script says otherwise; it remembers every command and
/// every message octet by octet, and what it was told in clear.
package final class ScriptedSMTPServer: Sendable {
    /// The moments at which the script is asked.
    package enum Stage: String, CaseIterable, Sendable {
        case connect, ehlo, startTLS, handshake, auth, mail, rcpt, data
        /// After the first line of the message.
        case body
        case endOfData, quit
    }

    /// A reply that stands where 220 to STARTTLS or 354 to DATA is due opens what comes then only if it begins so.
    package enum Behaviour: Sendable {
        /// This reply instead of the good one. Several lines are written as they are.
        case reply(String)
        case replyThenClose(String)
        /// These octets instead of the good reply, without a line end added.
        case octets([UInt8])
        /// This reply, so many octets at a time with a rest after each; of a handshake, its octets.
        case slowly(String, octets: Int, restMilliseconds: Int32)
        /// These replies, the last of which is the one to what comes next: that then gets none.
        case ahead(String)
        /// A line without an end, until the client has gone.
        case endlessLine
        indirect case first(Behaviour, then: Behaviour)
        /// Only at `endOfData`: the message counts as accepted, and then the reply fails to come.
        indirect case acceptThen(Behaviour)
        /// Only at `endOfData`: the message counts as accepted, and the reply comes once the latch opens.
        case acceptLate(String, after: Latch)
        /// Only at `body`: the rest is read once the latch opens.
        case readOnAfter(Latch)
        /// Nothing but that the latch opens: what was to be said before has been said.
        case opening(Latch)
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
    /// Asked with the recipient, "" before there is one, and the number of times this stage was reached with it before.
    package typealias RecipientScript = @Sendable (Stage, _ recipient: String, _ times: Int) -> Behaviour?

    private struct Record {
        var commands: [[String]] = []
        var accepted: [Message] = []
        var complaints: [String] = []
        var times: [Stage: Int] = [:]
        var connections: [LoopbackConnection] = []
        var timesWithRecipient: [String: [Stage: Int]] = [:]

        /// How often the stage was reached before, in all and with this recipient; counts this time.
        mutating func note(_ stage: Stage, recipient: String) -> (inAll: Int, withRecipient: Int) {
            defer {
                times[stage, default: 0] += 1
                timesWithRecipient[recipient, default: [:]][stage, default: 0] += 1
            }
            return (times[stage, default: 0], timesWithRecipient[recipient]?[stage] ?? 0)
        }
    }

    package let port: Int
    private let listener: LoopbackListener
    private let record: Guarded<Record>
    private let reached: [Stage: Latch]
    private let released: Latch
    private let firstEnded: Latch
    private let acceptances: Tally

    /// `extensions` are the EHLO keywords; a script for `auth` or `startTLS` wants AUTH PLAIN or STARTTLS among them.
    ///
    /// Without an identity there is no TLS, whatever the keywords say; `speaksTLSFirst` is implicit TLS.
    package convenience init(
        extensions: [String] = ["8BITMIME"], identity: TLSIdentity? = nil, speaksTLSFirst: Bool = false,
        script: @escaping Script = { _, _ in nil }
    ) throws {
        try self.init(extensions: extensions, identity: identity, speaksTLSFirst: speaksTLSFirst) {
            stage, _, times in script(stage, times.inAll)
        }
    }

    /// Behaves towards each recipient as the script says, in whatever order they come.
    package convenience init(byRecipient script: @escaping RecipientScript) throws {
        try self.init(extensions: ["8BITMIME"], identity: nil, speaksTLSFirst: false) {
            stage, recipient, times in script(stage, recipient, times.withRecipient)
        }
    }

    private init(
        extensions: [String], identity: TLSIdentity?, speaksTLSFirst: Bool,
        ask: @escaping @Sendable (Stage, _ recipient: String, (inAll: Int, withRecipient: Int)) -> Behaviour?
    ) throws {
        let record = Guarded(Record())
        let reached = Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, Latch()) })
        let released = Latch()
        let ended = Latch()
        let acceptances = Tally()
        listener = try LoopbackListener { connection, number in
            record.withLock { $0.connections.append(connection) }
            let session = SMTPSession(
                connection: connection, extensions: extensions, identity: identity, released: released,
                ask: { stage, recipient in
                    let times = record.withLock { $0.note(stage, recipient: recipient) }
                    reached[stage]?.open()
                    return ask(stage, recipient, times)
                },
                noteCommand: { command in record.withLock { $0.commands[number].append(command) } },
                noteAccepted: { message in
                    record.withLock { $0.accepted.append(message) }
                    acceptances.add()
                },
                noteComplaints: { complaints in record.withLock { $0.complaints += complaints } })
            record.withLock { record in
                while record.commands.count <= number { record.commands.append([]) }
            }
            session.serve(speaksTLSFirst: speaksTLSFirst)
            ended.open()
        }
        port = listener.port
        self.record = record
        self.reached = reached
        self.released = released
        self.firstEnded = ended
        self.acceptances = acceptances
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

    /// What a strict server would not have borne with; written down before anything is answered.
    package var complaints: [String] { record.withLock { $0.complaints } }
    /// How many have connected.
    package var connections: Int { record.withLock { $0.connections.count } }

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

    /// What clients said outside TLS, one connection after the other.
    package var heardInClear: [String] {
        record.withLock { $0.connections }.map { String(decoding: $0.heardInClear, as: UTF8.self) }
    }

    /// Waits until some connection has come to the stage.
    package func reached(_ stage: Stage) async {
        await reached[stage]?.opened()
    }

    /// Waits until so many messages were accepted; false when they were not within a minute.
    package func hasAccepted(_ count: Int) async throws -> Bool {
        try await acceptances.reaches(count)
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
