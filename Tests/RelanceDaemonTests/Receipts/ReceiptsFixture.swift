import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

@testable import RelanceDaemon

/// A receipts desk over a real ledger, with one gateway of the generic preset and one text message that it took.
final class ReceiptsFixture: Sendable {
    static let token = "0123456789abcdef0123456789abcdef"
    static let signingKey = "canary-signing-key"
    static let start = at("2020-11-02 10:00")
    static let key = MessageKey.make("text 1")
    static let reference = "\(key).0"

    let clock = ManualClock(start, uptime: .hours(100))
    /// The clock as everybody in the house sees it.
    let watch: ClockWatch
    let lines = LogLines()
    let errands = Errands()
    let ledger: LedgerFile
    let desk: ReceiptsDesk
    let inquiries: Inquiries
    private let folder: TemporaryFolder
    private let state: StateDirectory
    private let routes: [String: Route]

    init(disk: Disk = Disk()) throws {
        folder = try TemporaryFolder()
        try folder.write(ReceiptsFixture.token, to: "token")
        try folder.write("secret", to: "key")
        try folder.write(ReceiptsFixture.signingKey, to: "signing")
        try folder.write("[]", to: "advisors.json")
        try folder.write(
            """
            routes:
              spool: {kind: spool, folder: spool}
              texts:
                kind: sms
                gateway: generic
                base_url: https://sms.cci.example
                sender: CCINORMAND
                credentials: {api_key: {file: key}}
                receipts_token_file: token
              other:
                kind: sms
                gateway: generic
                base_url: https://other.cci.example
                sender: CCINORMAND
                credentials: {api_key: {file: key}}
                receipts_token_file: token
              phone:
                kind: sms
                gateway: android_sms_gateway
                base_url: https://phone.cci.example
                settings: {user: relance}
                credentials: {password: {file: key}, signing_key: {file: signing}}
                receipts_token_file: token
              quiet:
                kind: sms
                gateway: generic
                base_url: https://sms.cci.example
                credentials: {api_key: {file: key}}
            mail: [spool]
            sms: [texts, other, phone, quiet]
            console: {public_url: https://relance.cci.example}
            """, to: "relance.yaml")
        let reading = ConfigurationFile(credentialsFolder: nil, needsCredentials: true)
            .read(folder.path + "/relance.yaml")
        guard let configuration = reading.configuration else { throw Mistake(issues: "\(reading.issues)") }
        routes = configuration.routes
        state = try StateDirectory(path: folder.path + "/state", disk: disk)
        watch = ClockWatch(clock, builtAt: .distantPast)
        watch.begin(latest: nil, lastStart: nil)
        ledger = try LedgerFile(state, clock: LedgerFile.Clock(watch))
        desk = ReceiptsDesk(
            ledger: ledger, frozen: try FrozenMessages(in: state), routes: configuration.routes, clock: watch,
            errands: errands, log: lines.logger())
        inquiries = Inquiries(
            ledger: ledger, desk: desk, clock: watch, watch: watch, log: lines.logger())
    }

    struct Mistake: Error {
        var issues: String
    }

    /// Writes down that the gateway took the message, or that nobody knows.
    func send(
        _ outcome: DeliveryOutcome = .accepted(reply: "201", proof: GatewayProof(reference: "g-1"))
    ) async throws {
        try await send(ReceiptsFixture.key, on: "texts", outcome)
    }

    func send(_ key: MessageKey, on route: String, _ outcome: DeliveryOutcome = .accepted(reply: "201"))
        async throws
    {
        var plan = PlanRecord(OutboxFixture.text(), instance: ledger.instance)
        plan.key = key
        try await ledger.append([
            .planned(plan),
            .attempted(
                plan.key,
                Attempt(
                    number: 1, route: route, messageID: "\(key).0", sha256: "", parts: 1)),
            .handedOver(plan.key, attempt: 1),
            .resulted(plan.key, AttemptResult(number: 1, outcome: outcome)),
        ])
    }

    /// How a route's gateway is read; nil when the route is none.
    func dialect(of route: String) -> GatewayDialect? {
        guard case .sms(let gateway)? = routes[route]?.kind else { return nil }
        return GatewayDialect(gateway, route: route)
    }

    /// An outbox over the same ledger, whose routes are `a` and so on.
    func outbox(_ couriers: [any Courier], observe: @escaping @Sendable (DaemonEvent) -> Void) throws
        -> Outbox
    {
        Outbox(
            ledger: ledger, frozen: try FrozenMessages(in: state), settings: OutboxFixture.settings(couriers),
            clock: clock, random: { 0.5 }, observe: observe, announce: Outbox.Announcements())
    }

    /// What the ledger says of the message once it is closed, read from its files.
    func trail() throws -> [LedgerEntry] {
        let reading = try LedgerReading(path: folder.path + "/state", into: LedgerHistory(of: .everything))
        return reading?.contents.history.trail(of: ReceiptsFixture.key) ?? []
    }

    var statePath: String { folder.path + "/state" }
    var phase: LedgerMessage.Phase? { ledger.withState { $0.messages[ReceiptsFixture.key]?.phase } }
    var entries: UInt64 { ledger.withState { $0.lastSequence } }

    /// A call of the provider, as the generic preset has it.
    static func call(
        _ json: String, route: String = "texts", token: String? = token,
        method: RelanceCore.GatewayCallback.Method = .post
    ) -> RelanceCore.GatewayCallback {
        call(bytes: Array(json.utf8), route: route, token: token, method: method)
    }

    static func call(
        bytes: [UInt8], route: String = "texts", token: String? = token,
        method: RelanceCore.GatewayCallback.Method = .post
    ) -> RelanceCore.GatewayCallback {
        RelanceCore.GatewayCallback(
            route: route, token: token, method: method,
            headers: [.init("content-type", "application/json")], body: bytes)
    }

    /// A call of the gateway that signs its calls, made at an instant.
    static func signedCall(_ json: String, at instant: Instant) -> RelanceCore.GatewayCallback {
        let stamp = String(instant.seconds)
        let signature = Checksum.hmacSHA256Hex(Array((json + stamp).utf8), key: Array(signingKey.utf8))
        var call = call(json, route: "phone")
        call.headers += [.init("x-timestamp", stamp), .init("x-signature", signature)]
        return call
    }

    static func receipt(_ status: String, of reference: String = reference, more: String = "") -> String {
        #"{"reference":"\#(reference)","status":"\#(status)"\#(more)}"#
    }
}
