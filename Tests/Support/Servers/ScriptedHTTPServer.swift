import Foundation

/// An HTTP/1.1 server on loopback that remembers each request octet by octet and answers with raw octets.
package final class ScriptedHTTPServer: Sendable {
    package struct Request: Sendable {
        /// Request line and headers, without line ends.
        package let head: [String]
        package let body: [UInt8]
        /// The connection it came on, counted from 0.
        package let connection: Int

        package func header(_ name: String) -> String? {
            head.dropFirst().first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The moments before a request is complete at which a script can be asked; it is not when it says nothing.
    package enum Moment: String, CaseIterable, Sendable {
        case connect, handshake
        /// The head of a request has come, its body not yet.
        case head
    }

    package enum Behaviour: Sendable {
        /// Written as it is; the connection stays open.
        case answer(String)
        case answerThenClose(String)
        case octets([UInt8])
        /// Written so many octets at a time with a rest after each; of a handshake, its octets.
        case slowly(String, octets: Int, restMilliseconds: Int32)
        /// Written again and again until the client has gone.
        case endless([UInt8], restMilliseconds: Int32 = 0)
        indirect case first(Behaviour, then: Behaviour)
        case close
        case reset
        /// Nothing, until `release`.
        case stall

        /// A complete answer with a length.
        package static func status(_ status: Int, _ body: String = "", headers: [String] = []) -> Behaviour {
            let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
            return .answer(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }
    }

    private struct Record {
        var requests: [Request] = []
        var complaints: [String] = []
        var connections = 0
    }

    package let port: Int
    private let listener: LoopbackListener
    private let record: Guarded<Record>
    private let headArrived = Latch()
    private let arrived = Latch()
    private let arrivals = Tally()
    private let released = Latch()

    /// `answer` is asked once a request is complete, `early` before, where its answer takes the place of everything else.
    ///
    /// With an identity it speaks TLS, without one it does not; one who stays for long had better not remember requests.
    package init(
        identity: TLSIdentity? = nil, remembering: Bool = true,
        early: @escaping @Sendable (Moment) -> Behaviour? = { _ in nil },
        _ answer: @escaping @Sendable (Request) -> Behaviour
    ) throws {
        let record = Guarded(Record())
        listener = try LoopbackListener { [headArrived, arrived, arrivals, released] connection, number in
            record.withLock { $0.connections += 1 }
            if let behaviour = early(.connect) {
                _ = behaviour.act(on: connection, until: released)
                return
            }
            if let identity {
                var pace = LoopbackConnection.Pace.atOnce
                switch early(.handshake) {
                case .slowly(_, let octets, let rest)?: pace = .pieces(of: octets, restMilliseconds: rest)
                case let behaviour?:
                    _ = connection.read(count: 1) != nil && behaviour.act(on: connection, until: released)
                    return
                case nil: break
                }
                guard connection.startTLS(identity, pace: pace) else { return }
            }
            while let text = connection.read(through: Array("\r\n\r\n".utf8)) {
                record.withLock { $0.complaints += HTTPJudge.complaints(ofHead: text) }
                headArrived.open()
                if let behaviour = early(.head) {
                    guard behaviour.act(on: connection, until: released) else { return }
                }
                let head = String(decoding: text.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
                let length = Request(head: head, body: [], connection: number).header("Content-Length")
                guard let body = connection.read(count: length.flatMap { Int($0) } ?? 0) else { return }
                let request = Request(head: head, body: body, connection: number)
                if connection.hasMore { record.withLock { $0.complaints.append("words behind the request") } }
                if remembering { record.withLock { $0.requests.append(request) } }
                arrived.open()
                arrivals.add()
                guard answer(request).act(on: connection, until: released) else { return }
            }
        }
        port = listener.port
        self.record = record
    }

    package var requests: [Request] { record.withLock { $0.requests } }

    /// What a strict server would not have borne with; written down before anything is answered.
    package var complaints: [String] { record.withLock { $0.complaints } }
    /// How many have connected.
    package var connections: Int { record.withLock { $0.connections } }

    /// Waits for the first request's headers.
    package func firstHead() async { await headArrived.opened() }

    /// Waits for the first complete request.
    package func firstRequest() async { await arrived.opened() }

    /// Waits until so many requests have come whole; false when they have not within a minute.
    package func hasRequests(_ count: Int) async throws -> Bool { try await arrivals.reaches(count) }

    package func release() { released.open() }

    package func stop() {
        release()
        listener.stop()
    }

    deinit {
        stop()
    }
}

extension ScriptedHTTPServer.Behaviour {
    /// False when the connection is over.
    fileprivate func act(on connection: LoopbackConnection, until released: Latch) -> Bool {
        switch self {
        case .answer(let text): return connection.write(Array(text.utf8))
        case .answerThenClose(let text):
            connection.write(text)
            return false
        case .octets(let octets): return connection.write(octets)
        case .slowly(let text, let octets, let rest):
            return connection.write(
                Array(text.utf8), pace: .pieces(of: octets, restMilliseconds: rest))
        case .endless(let octets, let rest):
            while connection.write(octets, pace: .pieces(of: octets.count, restMilliseconds: 0)) {
                if rest > 0, connection.hasLeft(within: rest) { break }
            }
            return false
        case .first(let first, let then):
            return first.act(on: connection, until: released) && then.act(on: connection, until: released)
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
