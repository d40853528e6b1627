// The daemon's door for HTTP: receipts of gateways on a TCP address, operators' orders and questions on a socket of the
// state directory.
//
// Contract:
// - What a request means is the desk's; the answer of the desk is passed on as it is, status, type and body to the byte.
//   It is sent only when the desk has returned, and what the desk returned is durable by then.
// - Limits before meaning: a head or body too large or too slow, a method or path that is not ours, never reaches the
//   desk. No request makes the console hold more than its limits say.
// - Nothing of a request is kept or logged but the status and, once the desk has taken the call, the route's name: a
//   path carries the token, and not always where it belongs. Refused calls are told of by the desk, under its brake.
// - A body that was cut off is never passed on as if it were whole.
// - The TCP side tells nothing about us without the token, but that we are there (`/healthz`). The socket is in a
//   directory of mode 0700 and has mode 0600: who may open it may also read the ledger.
// - Cancelling `run()` is the way to stop: nothing new is taken, a request the desk has is answered, then it returns.

import Glibc
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import RelanceCore

/// The console as a value: where it listens and whom it asks.
package struct Console: Sendable {
    /// Where callers come from, and therefore what they may ask.
    package enum Door: Hashable, Sendable {
        /// Gateways, by way of a reverse proxy; port 0 has the system choose one.
        case receipts(ConsoleSettings.ListenAddress)
        /// Operators on this machine, by the path of a socket.
        case orders(socket: String)
    }

    private let doors: [Door]
    let desk: any ConsoleDesk
    private let limits: ConsoleLimits
    private let names: HostNames
    private let log: Logger
    private let onListening: @Sendable (Door, _ port: Int?) -> Void

    /// `publicURL` is the address gateways are told; `onListening` is told when a door is open, with its port where it has
    /// one.
    package init(
        _ doors: [Door], desk: any ConsoleDesk, publicURL: String? = nil,
        limits: ConsoleLimits = ConsoleLimits(), log: Logger,
        onListening: @escaping @Sendable (Door, _ port: Int?) -> Void = { _, _ in }
    ) {
        self.doors = doors
        self.desk = desk
        self.limits = limits
        names = HostNames(publicURL: publicURL)
        self.log = log
        self.onListening = onListening
    }

    /// Serves every door until cancelled; throws when one cannot be opened, with the others closed again.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for door in doors {
                group.addTask { try await serve(door, on: Console.threads) }
            }
            try await group.waitForAll()
        }
    }

    /// One thread does for every console of the process: the calls are few, and the service's tasks are counted.
    ///
    /// Never shut down: a server that has closed may still have words for its loop.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private func serve(_ door: Door, on threads: MultiThreadedEventLoopGroup) async throws {
        let quiet = log.quiet
        let callers = Callers(limits)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                defer { callers.set(channel, isHeard: false) }
                let (response, isLast) = await respond(to: request, at: door) {
                    callers.set(channel, isHeard: true)
                }
                try await writer.write(response: response.head, body: response.body)
                if isLast { throw ConnectionIsOver() }
            },
            configuration: RequestPipeline.configuration(limits))
        let server = Server(
            childChannelSetup: AdmittedChannel(http: channel, callers: callers),
            configuration: ServerConfiguration(address: door.address),
            onServerRunning: { channel in opened(door, port: channel.localAddress?.port) },
            eventLoopGroup: threads, logger: quiet)
        // Not cancelled with us: that would cut off the requests the desk has.
        let serving = Task { try await server.run() }
        defer { if case .orders(let socket) = door { unlink(socket) } }
        try await withTaskCancellationHandler {
            do {
                try await serving.value
            } catch {
                if !Task.isCancelled { throw error }  // else it was stopped before it had begun
            }
        } onCancel: {
            Task {
                do {
                    try await server.shutdownGracefully()
                } catch {
                    quiet.error("the console does not close well", metadata: ["reason": "\(error)"])
                }
            }
        }
    }

    private func opened(_ door: Door, port: Int?) {
        switch door {
        case .receipts(let address):
            log.notice("listening for receipts", metadata: ["address": "\(address.host):\(port ?? 0)"])
        case .orders(let socket):
            if chmod(socket, 0o600) != 0 {
                log.error("the socket's mode cannot be set", metadata: ["socket": "\(socket)"])
            }
            log.info("orders are taken", metadata: ["socket": "\(socket)"])
        }
        onListening(door, port)
    }

    // MARK: - Requests

    /// Ends a connection whose caller has not sent what it announced.
    private struct ConnectionIsOver: Error {}

    /// The answer, and whether nothing more is to be read on the connection; `onHeard` is called when the request has come
    /// whole.
    private func respond(
        to request: Request, at door: Door, onHeard: () -> Void
    ) async -> (Response, isLast: Bool) {
        if case .receipts = door, let problem = names.problem(with: request.head) {
            return (.bare(problem, closes: true), true)
        }
        let target = RequestTarget(request.head.path ?? "", at: door)
        // Read whoever it is for: what is left unread the library would read, for as long as it comes.
        let body: [UInt8]
        do throws(BodyProblem) {
            body = try await self.body(of: request)
        } catch {
            if case .receipt(let path)? = target {
                await desk.refused(route: path.route, status: error.status.code)
            }
            return (.bare(error.status, closes: true), true)
        }
        guard let target else { return (.bare(.notFound), false) }
        guard target.methods.contains(request.method) else {
            return (.bare(.methodNotAllowed, allow: target.methods), false)
        }
        onHeard()
        switch target {
        case .health: return (.text(.ok, "ok\n", isHead: request.method == .head), false)
        case .receipt(let path):
            let answer = await desk.receive(GatewayCallback(path, request, body: body))
            // What is refused is the desk's to tell of: the route may be anything, a misplaced token too.
            if (200..<300).contains(answer.status) {
                log.info("receipt", metadata: ["route": "\(path.route)", "status": "\(answer.status)"])
            }
            return (Response(answer), false)
        case .orders: return (await carryOut(body), false)
        case .status: return (await tellStatus(), false)
        }
    }

    private enum BodyProblem: Error {
        case tooLong, tooSlow, cutOff

        var status: HTTPResponse.Status {
            switch self {
            case .tooLong: .contentTooLarge
            case .tooSlow: .requestTimeout
            case .cutOff: .badRequest
            }
        }
    }

    /// The whole body within its limits.
    private func body(of request: Request) async throws(BodyProblem) -> [UInt8] {
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        let result = await withTaskGroup(of: Result<[UInt8], BodyProblem>.self) { group in
            group.addTask { await read(request.body) }
            group.addTask { [limits] in
                // Cut short when the body has come; the answer then is not looked at.
                try? await Task.sleep(for: limits.bodyTime)
                return .failure(.tooSlow)
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(.cutOff)
        }
        let bytes = try result.get()
        guard announced == nil || announced == bytes.count, !Task.isCancelled else { throw .cutOff }
        return bytes
    }

    private func read(_ body: RequestBody) async -> Result<[UInt8], BodyProblem> {
        var bytes: [UInt8] = []
        var count = 0
        do {
            for try await piece in body {
                count += piece.readableBytes
                if count > limits.discarded { break }
                if count <= limits.body { bytes.append(contentsOf: piece.readableBytesView) }
            }
        } catch {
            return .failure(.cutOff)
        }
        return count > limits.body ? .failure(.tooLong) : .success(bytes)
    }
}

extension Console.Door {
    fileprivate var address: BindAddress {
        switch self {
        case .receipts(let address): .hostname(address.host, port: address.port)
        case .orders(let socket): .unixDomainSocket(path: socket)
        }
    }
}

extension Logger {
    /// For the library: its notices are ours to give.
    fileprivate var quiet: Logger {
        var quiet = self
        quiet.logLevel = max(logLevel, .warning)
        return quiet
    }
}
