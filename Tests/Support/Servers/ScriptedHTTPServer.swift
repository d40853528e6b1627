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

    package enum Behaviour: Sendable {
        /// Written as it is; the connection stays open.
        case answer(String)
        case answerThenClose(String)
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

    package let port: Int
    private let listener: LoopbackListener
    private let record: Guarded<[Request]>
    private let headArrived = Latch()
    private let arrived = Latch()
    private let released = Latch()

    /// `answer` is asked once a request is complete; one who stays for long had better not remember them all.
    package init(remembering: Bool = true, _ answer: @escaping @Sendable (Request) -> Behaviour) throws {
        let record = Guarded([Request]())
        listener = try LoopbackListener { [headArrived, arrived, released] connection, number in
            while let text = connection.read(through: Array("\r\n\r\n".utf8)) {
                headArrived.open()
                let head = String(decoding: text.dropLast(4), as: UTF8.self).components(separatedBy: "\r\n")
                let length = Request(head: head, body: [], connection: number).header("Content-Length")
                guard let body = connection.read(count: length.flatMap { Int($0) } ?? 0) else { return }
                let request = Request(head: head, body: body, connection: number)
                if remembering { record.withLock { $0.append(request) } }
                arrived.open()
                switch answer(request) {
                case .answer(let text): connection.write(text)
                case .answerThenClose(let text):
                    connection.write(text)
                    return
                case .close: return
                case .reset:
                    connection.reset()
                    return
                case .stall:
                    released.waitOnThisThread()
                    return
                }
            }
        }
        port = listener.port
        self.record = record
    }

    package var requests: [Request] { record.withLock { $0 } }

    /// Waits for the first request's headers.
    package func firstHead() async { await headArrived.opened() }

    /// Waits for the first complete request.
    package func firstRequest() async { await arrived.opened() }

    package func release() { released.open() }

    package func stop() {
        release()
        listener.stop()
    }

    deinit {
        stop()
    }
}
