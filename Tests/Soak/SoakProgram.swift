import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport

/// The built program at work on a folder of its own, one life after the other.
@MainActor final class SoakProgram {
    let folder: String
    let receiptsPort: Int
    let token = "0123456789abcdef0123456789abcdef"
    private let program: String
    private let peers: Peers
    private var process: Process?
    /// What dies with its parent dies with the parent's thread (prctl(2)), and those behind the actors come and go.
    private let starter = SerialThread(name: "starter")
    private(set) var lives = 0

    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    init(program: String, folder: String, peers: Peers) throws {
        self.program = program
        self.folder = folder
        self.peers = peers
        receiptsPort = try LoopbackListener.freePort()
        try write("account", to: "key", mode: 0o400)
        try write(token, to: "token", mode: 0o400)
        try write(advisors, to: "advisors.json")
        try writeConfiguration()
    }

    var statePath: String { folder + "/state" }
    var pid: Int32 { process?.processIdentifier ?? 0 }
    var isRunning: Bool { process?.isRunning == true }

    /// Another number in it each time, so that a reload has something to take in.
    func writeConfiguration(number: Int = 0) throws {
        let sites = (0..<SoakCase.sites).map {
            "  site-\($0): {name: Site \($0), mailbox: site\($0)@cci.example, phone: 02 61 91 00 76}"
        }
        try write(
            """
            service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
            state: state
            sources: {rescan: \(5 + number % 2) min}
            ledger: {compact_at: 4 MiB}
            sites:
            \(sites.joined(separator: "\n"))
            routes:
              relay: {kind: smtp, host: 127.0.0.1, port: \(peers.relayPort), tls: none_on_loopback, concurrency: 4}
              texts:
                kind: sms
                gateway: generic
                base_url: http://127.0.0.1:\(peers.gatewayPort)
                clear_text: on_loopback
                sender: CCINORMAND
                concurrency: 4
                credentials: {api_key: {file: key}}
                receipts_token_file: token
            mail: [relay]
            sms: [texts]
            console: {public_url: https://relance.cci.example, listen: '127.0.0.1:\(receiptsPort)'}

            """, to: "relance.yaml")
    }

    /// One the daemon has to refuse as a whole.
    func writeBadConfiguration() throws {
        try write("service: {sender: nobody}\nroutes: {relay: {kind: pigeon}}\n", to: "relance.yaml")
    }

    func start(at instant: Instant, speed: Double) async throws {
        lives += 1
        let log = folder + "/life-\(lives).log"
        try Data().write(to: URL(filePath: log))
        let process = Process()
        // Whatever becomes of us, it does not stay behind.
        process.executableURL = URL(filePath: "/usr/bin/setpriv")
        process.arguments = [
            "--pdeathsig", "KILL", program, "run", "--config", folder + "/relance.yaml", "--clock",
            "\(instant)", "--speed", "\(speed)",
        ]
        process.environment = ["PATH": "/usr/bin:/bin", "LANG": "fr_FR.UTF-8"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
        try await starter.run { try process.run() }
        self.process = process
    }

    func reload() { kill(pid, SIGHUP) }

    func killNine() {
        kill(pid, SIGKILL)
        process?.waitUntilExit()
    }

    /// Stops it as systemd does; its exit status.
    func stop() -> Int32 {
        kill(pid, SIGTERM)
        process?.waitUntilExit()
        return process?.terminationStatus ?? -1
    }

    /// The last lines it wrote.
    var lastWords: String {
        let text = (try? String(contentsOfFile: folder + "/life-\(lives).log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }

    private var advisors: String {
        let advisors = (0..<SoakCase.advisors).map { number in
            """
            {"id": "advisor.\(number)", "first_name": "Prénom", "last_name": "Nom \(number)", \
            "email": "advisor\(number)@cci.example", "site": "site-\(number % SoakCase.sites)", "role": "advisor"}
            """
        }
        return "[\(advisors.joined(separator: ",\n"))]"
    }

    private func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let place = folder + "/" + name
        if FileManager.default.fileExists(atPath: place) { try FileManager.default.removeItem(atPath: place) }
        try Data(text.utf8).write(to: URL(filePath: place))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place)
    }
}
