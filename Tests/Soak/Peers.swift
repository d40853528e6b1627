import CurlClient
import Foundation
import RelanceCore
import RelanceTestSupport

/// The relay and the gateway on the far side: they take almost everything, fail one transfer in a hundred in some way,
/// and count what they took by the message's key.
final class Peers: Sendable {
    /// What became of one message here.
    struct Arrival: Sendable {
        var copies = 0
        var hash = 0
        var isAlike = true
    }

    fileprivate struct Gateway {
        var random: SplitMix64
        var arrivals: [String: Arrival] = [:]
        /// Receipts to be called in, each at its time; the gateway says delivered or failed in them.
        var receipts: [(at: ContinuousClock.Instant, reference: String, status: String)] = []
        var receiptsGiven = 0
        var receiptsRefused = 0
        var faults = 0
    }

    private let relay: ScriptedSMTPServer
    private let gateway: Guarded<Gateway>
    private let gatewayServer: ScriptedHTTPServer
    private let mails = Guarded([String: Arrival]())
    private let relayFaults = Guarded(0)

    init(seed: UInt64) throws {
        let dice = Guarded(SplitMix64(seed: seed))
        relay = try ScriptedSMTPServer { [relayFaults] stage, _ in
            guard [.rcpt, .data, .body, .endOfData].contains(stage) else { return nil }
            let roll = dice.withLock { $0.number(in: 1...1000) }
            let fault: ScriptedSMTPServer.Behaviour? =
                switch (stage, roll) {
                case (.rcpt, 1...2): .reply("451 4.3.0 try again later")
                case (.data, 1...2): .close
                case (.body, 1...2): .reset
                case (.endOfData, 1...2): .acceptThen(.reset)
                case (.endOfData, 3...4): .reply("452 4.3.1 insufficient system storage")
                default: nil
                }
            if fault != nil { relayFaults.withLock { $0 += 1 } }
            return fault
        }
        let gateway = Guarded(Gateway(random: SplitMix64(seed: seed ^ 0x5EED)))
        gatewayServer = try ScriptedHTTPServer(remembering: false) { request in
            gateway.withLock { $0.answer(request) }
        }
        self.gateway = gateway
    }

    var relayPort: Int { relay.port }
    var gatewayPort: Int { gatewayServer.port }

    /// Mails by key, counted so far.
    func arrivedMails() -> [String: Arrival] {
        let new = relay.takeAccepted()
        return mails.withLock { mails in
            for mail in new {
                let text = String(decoding: mail.octets, as: UTF8.self)
                let key = text.firstMatch(of: /Message-ID: <([a-z2-7]{26})\.0@/).map { String($0.1) }
                mails[key ?? "a mail without key", default: Arrival()].add(text)
            }
            return mails
        }
    }

    /// Text messages by key, counted so far.
    func arrivedTexts() -> [String: Arrival] { gateway.withLock { $0.arrivals } }

    var faults: Int { relayFaults.withLock { $0 } + gateway.withLock { $0.faults } }
    var receiptsGiven: Int { gateway.withLock { $0.receiptsGiven } }
    var receiptsRefused: Int { gateway.withLock { $0.receiptsRefused } }

    /// Calls in the receipts whose time has come, as a gateway does: again a little later where nobody answers.
    func callReceipts(_ pool: CurlPool, route: String, token: String) async {
        let due = gateway.withLock { gateway in
            let now = ContinuousClock.now
            let due = gateway.receipts.filter { $0.at <= now }
            gateway.receipts.removeAll { $0.at <= now }
            return due
        }
        for receipt in due {
            let body = #"{"reference":"\#(receipt.reference)","status":"\#(receipt.status)"}"#
            let result = await pool.perform(
                .http(
                    HTTPRequest(
                        "POST", "/receipts/\(route)/\(token)",
                        headers: [.init("Content-Type", "application/json")], body: Array(body.utf8))))
            gateway.withLock { gateway in
                switch result.responseCode {
                case 200: gateway.receiptsGiven += 1
                case 0, 500...599:
                    gateway.receipts.append(
                        (.now + .seconds(1), receipt.reference, receipt.status))
                default: gateway.receiptsRefused += 1
                }
            }
        }
    }

    func stop() {
        relay.stop()
        gatewayServer.stop()
    }
}

extension Peers.Arrival {
    mutating func add(_ text: String) {
        copies += 1
        if copies > 1 && hash != text.hashValue { isAlike = false }
        hash = text.hashValue
    }
}

extension Peers.Gateway {
    fileprivate mutating func answer(_ request: ScriptedHTTPServer.Request) -> ScriptedHTTPServer.Behaviour {
        let head = request.head.first ?? ""
        if head.hasPrefix("GET") {
            let reference = head.firstMatch(of: /([a-z2-7]{26}\.[0-9]+)/).map { String($0.1) } ?? ""
            if head.contains("?") {  // a look-up by our reference
                return arrivals[String(reference.prefix(26))] == nil
                    ? .status(200, #"{"total":0}"#)
                    : .status(200, #"{"total":1,"messages":[{"id":"\#(reference)"}]}"#)
            }
            return .status(200, #"{"status":"sent"}"#)
        }
        let text = String(decoding: request.body, as: UTF8.self)
        guard let match = text.firstMatch(of: /"reference": ?"([a-z2-7]{26})(\.[0-9]+)"/) else {
            return .status(400)
        }
        let roll = random.number(in: 1...1000)
        if roll <= 10 { faults += 1 }
        switch roll {
        case 1...3: return .status(503, #"{"error":{"code":"busy"}}"#)
        case 4...6: return .reset
        case 7...8: return .status(502)
        default: break
        }
        let reference = String(match.1 + match.2)
        arrivals[String(match.1), default: Peers.Arrival()].add(text)
        planReceipts(of: reference)
        return roll <= 10 ? .reset : .status(201, #"{"id":"\#(reference)"}"#)  // taken, and not a word
    }

    /// One soon as a rule, now and then a second one or the sad one first.
    private mutating func planReceipts(of reference: String) {
        func soon(_ random: inout SplitMix64) -> ContinuousClock.Instant {
            .now + .milliseconds(random.number(in: 0...10_000))
        }
        let roll = random.number(in: 1...100)
        guard roll > 5 else { return }
        receipts.append((soon(&random), reference, roll <= 10 ? "failed" : "delivered"))
        if roll > 90 { receipts.append((soon(&random), reference, roll > 97 ? "failed" : "delivered")) }
    }
}
