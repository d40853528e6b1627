import Foundation
import Logging
import RelanceConsole
import RelanceCore
import RelanceTestSupport
import Synchronization

/// A desk that answers by script and remembers what it was asked.
actor ScriptedDesk: ConsoleDesk {
    private(set) var callbacks: [GatewayCallback] = []
    private(set) var refusals: [String: Int] = [:]
    private(set) var orders: [OperatorOrder] = []
    private let answer: CallbackAnswer
    private let house: HouseStatus?
    private let end: Result<String, OperatorProblem>
    private let receive: @Sendable () async -> Void

    /// `receive` runs before each answer to a gateway.
    init(
        answer: CallbackAnswer = CallbackAnswer(status: 200, contentType: "text/plain", body: "ACK/Jasmin"),
        end: Result<String, OperatorProblem> = .success("done"), house: HouseStatus? = nil,
        receive: @escaping @Sendable () async -> Void = {}
    ) {
        self.answer = answer
        self.end = end
        self.house = house
        self.receive = receive
    }

    func receive(_ callback: GatewayCallback) async -> CallbackAnswer {
        callbacks.append(callback)
        await receive()
        return answer
    }

    func refused(route: String, status: Int) async { refusals[route] = status }

    func act(_ order: OperatorOrder) async throws(OperatorProblem) -> String {
        orders.append(order)
        return try end.get()
    }

    func status() async -> HouseStatus? { house }
}

/// A console that listens while a test runs.
struct OpenConsole: Sendable {
    let port: Int
    let socket: String
    let lines: LogLines
    /// Has it stop, and returns once it has.
    let stop: @Sendable () async throws -> Void

    /// Says something on a connection of its own and hears everything to the end of it.
    func answer(to text: String) async throws -> String {
        let port = port
        return try await onThread {
            let caller = try CallerSocket(port: port)
            caller.say(text)
            return try caller.hearAll()
        }
    }

    /// One request on a connection of its own, which ends with the answer.
    func answer(_ method: String, _ target: String, headers: [String] = [], body: String? = nil) async throws
        -> String
    {
        try await answer(to: OpenConsole.request(method, target, headers: headers, body: body))
    }

    static func request(
        _ method: String, _ target: String, headers: [String] = [], body: String? = nil,
        isLast: Bool = true
    ) -> String {
        let lines =
            ["\(method) \(target) HTTP/1.1", "Host: relance.cci.example"] + headers
            + (body.map { ["Content-Length: \($0.utf8.count)"] } ?? [])
            + (isLast ? ["Connection: close"] : [])
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
    }

    static func serve(
        _ desk: ScriptedDesk = ScriptedDesk(), limits: ConsoleLimits = .patient,
        publicURL: String? = "https://relance.cci.example", _ body: (OpenConsole) async throws -> Void
    ) async throws {
        let socket = FileManager.default.temporaryDirectory.path + "/relance-\(UUID().uuidString).sock"
        let (doors, opened) = AsyncStream.makeStream(of: Int?.self)
        let lines = LogLines()
        let console = Console(
            [.receipts(.init(host: "127.0.0.1", port: 0)), .orders(socket: socket)], desk: desk,
            publicURL: publicURL, limits: limits, log: lines.logger
        ) { _, port in opened.yield(port) }
        let running = Task {
            defer { opened.finish() }
            try await console.run()
        }
        let stop = { @Sendable in
            running.cancel()
            try await running.value
        }
        var ports: [Int?] = []
        for await port in doors {
            ports.append(port)
            if ports.count == 2 { break }
        }
        do {
            let port = ports.compactMap { $0 }.first ?? 0
            try await body(OpenConsole(port: port, socket: socket, lines: lines, stop: stop))
        } catch {
            try await stop()
            throw error
        }
        try await stop()
    }
}

extension ConsoleLimits {
    /// The limits in use, but for time: a test is told what it waits for, however slow the machine is.
    static var patient: ConsoleLimits {
        var limits = ConsoleLimits()
        (limits.head, limits.bodyTime) = (.seconds(600), .seconds(600))
        return limits
    }
}

/// Everything a logger was told, values and all.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
        }
    }
}
