import Foundation
import RelanceTestSupport

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A short day with a little of everything, to be cut at any point (reliability 3.1, scenario S1).
///
/// Twelve cases, each of which owes one message: eight mails are taken, of which one after a 451, and one with the
/// connection dropped; one is refused; one is put off and its case then closed; of two texts one is receipted and one
/// ends with nobody knowing. Meanwhile the configuration is reloaded, wrongly and rightly, the ledger compacted some
/// times, and the end is SIGTERM.
final class TortureDay: Sendable {
    let house: Installation
    let relay: ScriptedSMTPServer
    let gateway: Gateway
    private let receiptsPort: Int

    /// Cases by what becomes of their message.
    enum Role: String, CaseIterable, Sendable {
        case plain0, plain1, plain2, plain3, plain4, plain5
        /// Put off once.
        case later
        case refused
        /// Taken, and the connection dropped: one cannot know.
        case dropped
        /// Put off, and the case closed before it is tried again.
        case closed
        case text, droppedText

        var isText: Bool { self == .text || self == .droppedText }
        var address: String { "\(rawValue)@entreprise.example".lowercased() }
    }

    /// Monday 2 November 2020, 09:00 in Paris.
    static let beginning = Date(timeIntervalSince1970: 1_604_304_000)
    private static let token = "0123456789abcdef0123456789abcdef"
    /// Mails and texts that are told as accepted when nothing is in the way: with the second copy, and the mail that
    /// tells of the bad configuration.
    private static let acceptances = Role.allCases.count - 3 + 1
    /// How long a step of the plot may take on a busy machine.
    private static let patience = 20.0

    init() throws {
        house = try Installation()
        relay = try ScriptedSMTPServer(byRecipient: { stage, recipient, times in
            switch (Role.allCases.first { $0.address == recipient }, stage, times) {
            case (.later, .rcpt, 0), (.closed, .rcpt, _): .reply("451 4.3.0 try again later")
            case (.refused, .rcpt, _): .reply("550 5.1.1 no such user")
            case (.dropped, .endOfData, 0): .acceptThen(.reset)
            default: nil
            }
        })
        receiptsPort = try LoopbackListener.freePort()
        gateway = try Gateway(
            receipts: "http://127.0.0.1:\(receiptsPort)/receipts/texts/\(Self.token)",
            drops: Self.number(of: .droppedText))
        try house.write("account", to: "key", mode: 0o400)
        try house.write(Self.token, to: "token", mode: 0o400)
        try house.write(configuration(retry: "1 min"), to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write(cases(isClosed: false), to: "cases/all.json")
    }

    func stop() {
        relay.stop()
        gateway.server.stop()
    }

    // MARK: Lives

    /// A life and the fault that was put into it.
    struct Life: Sendable {
        var end: FinishedProgram
        var log: SystemCallLog
        /// The first step of the plot that had not come about when its time was over, though the program lived.
        var stuckAt: String?
    }

    /// The day's plot, with the fault in it, until SIGTERM or a sooner end.
    func firstLife(_ fault: SystemCallFault?) async throws -> Life {
        let program = try house.start(
            ["run", "--clock", Self.beginning.formatted(.iso8601), "--speed", "1800"],
            environment: fault?.environment(state: house.folder + "/state", log: house.folder + "/calls")
                ?? [:])
        let stuckAt = try await plot(program, with: fault)
        program.signal(SIGTERM)
        let end = try await program.end()
        let calls = fault == nil ? Data() : try house.read("calls")
        return Life(end: end, log: SystemCallLog(String(decoding: calls, as: UTF8.self)), stuckAt: stuckAt)
    }

    /// A life on what is left, with nothing in its way: the first until 11:00, others each an hour longer.
    func laterLife(_ number: Int) async throws -> FinishedProgram {
        try house.write(cases(isClosed: true), to: "cases/all.json")
        try house.write(configuration(retry: "2 min"), to: "relance.yaml")
        return try await house.start([
            "run", "--clock", try house.clock(notBefore: Self.beginning), "--speed", "3600", "--until",
            "2020-11-02T\(11 + number):00:00+01:00",
        ]).end()
    }

    /// Leads the program through the day; tells the first step that it did not come to while it lived.
    private func plot(_ program: RunningProgram, with fault: SystemCallFault?) async throws -> String? {
        // Who cannot get on is not waited for, once it listens to SIGTERM.
        let patience = fault?.letsDayGoOn == false ? Self.patience / 4 : Self.patience
        // A text whose answer is lost is accepted by nobody's word.
        let isHeard = fault?.kind != .ECONNRESET && fault?.kind != .EPIPE
        func comes(_ text: String, _ count: Int = 1, within patience: Double = patience) async throws -> Bool
        {
            try await program.lines(containing: text, upTo: count, within: patience).count == count
        }
        func isOver() async throws -> Bool { try await program.end(within: 0) != nil }

        guard try await comes("ready cases=", within: Self.patience) else {
            return try await isOver() ? nil : "ready"
        }
        try house.write("service: 3\n", to: "relance.yaml")
        program.signal(SIGHUP)
        guard try await comes("relance.yaml:1:") else { return try await isOver() ? nil : "a bad reload" }
        try house.write(configuration(retry: "2 min"), to: "relance.yaml")
        program.signal(SIGHUP)
        guard try await comes("configuration reloaded") else {
            return try await isOver() ? nil : "a good reload"
        }
        guard try await comes("message deferred", 2) else { return try await isOver() ? nil : "two put off" }
        try house.replace(cases(isClosed: true), in: "cases/all.json")
        guard try await comes("message accepted", Self.acceptances - (isHeard ? 0 : 1)) else {
            return try await isOver() ? nil : "every message"
        }
        guard try await comes("message dropped") else {
            return try await isOver() ? nil : "a cancelled message"
        }
        return nil
    }

    // MARK: What it reads

    private static func number(of role: Role) -> String { role == .text ? "+33639980001" : "+33639980002" }

    private func configuration(retry: String) -> String {
        """
        service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
        state: state
        retry: {delays: [\(retry)], then: 10 min}
        ledger: {compact_at: 4 KiB}
        routes:
          relay:
            kind: smtp
            host: 127.0.0.1
            port: \(relay.port)
            tls: none_on_loopback
            concurrency: 2
          texts:
            kind: sms
            gateway: generic
            base_url: http://127.0.0.1:\(gateway.server.port)
            clear_text: on_loopback
            sender: CCINORMAND
            credentials: {api_key: {file: key}}
            receipts_token_file: token
        mail: [relay]
        sms: [texts]
        console: {public_url: https://relance.cci.example, listen: '127.0.0.1:\(receiptsPort)'}

        """
    }

    private func cases(isClosed: Bool) -> String {
        let cases = Role.allCases.enumerated().map { index, role in
            let opened = (Self.beginning + Double(20 * index)).formatted(.iso8601)
            let closed = role == .closed && isClosed
            let contact =
                role.isText
                ? #""mobile": "\#(Self.number(of: role))", "prefers": "sms", "sms_consent": true"#
                : #""email": "\#(role.address)", "prefers": "email""#
            return """
                {"ref": "\(role.rawValue)", "opened_at": "\(opened)", "contact": {"last_name": "Contact", \(contact)},
                 "stage": "\(closed ? "closed" : "follow_up")"\
                \(closed ? #", "closed_at": "2020-11-02T09:05:00+01:00", "outcome": "duplicate""# : "")}
                """
        }
        return "[\(cases.joined(separator: ",\n"))]"
    }

    // MARK: The gateway

    /// An SMS gateway that takes every text, says nothing after one of them, and calls a receipt in for the others.
    final class Gateway: Sendable {
        private struct State {
            var taken: [String: Int] = [:]
            var receipted: Set<String> = []
        }

        private let state: Guarded<State>
        let server: ScriptedHTTPServer

        init(receipts: String, drops: String) throws {
            let state = Guarded(State())
            server = try ScriptedHTTPServer { request in
                guard request.head.first?.hasPrefix("POST") == true else { return .status(500) }
                let body = String(decoding: request.body, as: UTF8.self)
                guard let reference = body.firstMatch(of: /"reference": ?"([a-z2-7]{26}\.[0-9]+)"/)?.1 else {
                    return .status(400)
                }
                state.withLock { $0.taken[String(reference), default: 0] += 1 }
                if body.contains(drops) { return .reset }
                Self.callIn(String(reference), at: receipts) { reference in
                    _ = state.withLock { $0.receipted.insert(reference) }
                }
                return .status(201, #"{"id":"\#(reference)"}"#)
            }
            self.state = state
        }

        /// How often each text came, by its key.
        var taken: [String: Int] {
            Dictionary(
                state.withLock { $0.taken }.map { (String($0.key.prefix(26)), $0.value) }, uniquingKeysWith: +
            )
        }

        /// The keys whose receipt was acknowledged.
        var receipted: Set<String> { Set(state.withLock { $0.receipted }.map { String($0.prefix(26)) }) }

        /// Tries as gateways do, until it is told that the receipt is written down or a while has passed.
        private static func callIn(
            _ reference: String, at address: String, then note: @escaping @Sendable (String) -> Void
        ) {
            guard let url = URL(string: address) else { return }
            var request = URLRequest(url: url, timeoutInterval: 2)
            request.httpMethod = "POST"
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(#"{"reference":"\#(reference)","status":"delivered"}"#.utf8)
            let call = request
            Task {
                for _ in 0..<40 {
                    let answer = try? await URLSession.shared.data(for: call).1 as? HTTPURLResponse
                    if answer?.statusCode == 200 { return note(reference) }
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }
}
