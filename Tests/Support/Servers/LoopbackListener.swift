import Foundation

/// Why a loopback socket could not be used, with the system's word for it.
package struct LoopbackError: Error, CustomStringConvertible {
    package let description: String

    init(_ call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}

/// A listener on a port the system chose on 127.0.0.1; each connection is served by a thread of its own.
package final class LoopbackListener: Sendable {
    package let port: Int
    private let socket: Int32
    private let state = Guarded(State())

    private struct State {
        var isStopped = false
        /// From then on the number may be another socket's.
        var isClosed = false
        var connections: [LoopbackConnection] = []
    }

    package init(_ serve: @escaping @Sendable (LoopbackConnection, _ number: Int) -> Void) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw LoopbackError("socket") }
        // A small window, so that what a server leaves unread soon stays with its client.
        var window: Int32 = 65_536
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
        port = try Self.listen(socket)
        Thread.detachNewThread { [socket, state] in
            for number in 0... {
                let descriptor = accept(socket, nil, nil)
                guard descriptor >= 0 else { break }
                // Nothing written waits in the kernel for an acknowledgement, where a reset would undo it.
                var atOnce: Int32 = 1
                setsockopt(
                    descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &atOnce, socklen_t(MemoryLayout<Int32>.size))
                let connection = LoopbackConnection(descriptor)
                let isStopped = state.withLock { state in
                    state.connections.append(connection)
                    return state.isStopped
                }
                if isStopped { connection.interrupt() }
                Thread.detachNewThread {
                    serve(connection, number)
                    connection.close()
                }
            }
            state.withLock { state in
                state.isClosed = true
                Glibc.close(socket)
            }
        }
    }

    /// A port nobody listens on now, for a program that has to be told one; until it does, anybody might take it.
    package static func freePort() throws -> Int {
        let listener = try LoopbackListener { _, _ in }
        defer { listener.stop() }
        return listener.port
    }

    /// Ends the listener and every connection, whose threads see the end of the stream; safe to call twice.
    package func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            if !state.isClosed { shutdown(socket, Int32(SHUT_RDWR)) }
            return state.connections
        }
        for connection in connections { connection.interrupt() }
    }

    private static func listen(_ socket: Int32) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(socket, generic, length) == 0 else { throw LoopbackError("bind") }
                guard Glibc.listen(socket, 1024) == 0 else { throw LoopbackError("listen") }
                guard getsockname(socket, generic, &length) == 0 else { throw LoopbackError("getsockname") }
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
    }
}

/// The server's end of one connection, read and written by its own thread.
package final class LoopbackConnection: @unchecked Sendable {
    // Sendable because only `interrupt` and `heardInClear` are for other threads; they agree with the rest under `lock`.
    private let lock = NSLock()
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var clearText: [UInt8] = []
    private var session: TLSSession?

    /// How octets go on the wire: at once, or a few at a time with a rest of some milliseconds between.
    package enum Pace: Sendable {
        case atOnce
        case pieces(of: Int, restMilliseconds: Int32)
    }

    fileprivate init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The octets up to and including `end`; nil at the end of the stream.
    package func read(through end: [UInt8]) -> [UInt8]? {
        var searched = 0
        while true {
            if let range = buffer[searched...].firstRange(of: end) {
                defer { buffer.removeSubrange(..<range.upperBound) }
                return Array(buffer[..<range.upperBound])
            }
            searched = max(0, buffer.count - end.count + 1)
            guard fill() else { return nil }
        }
    }

    package func read(count: Int) -> [UInt8]? {
        while buffer.count < count {
            guard fill() else { return nil }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    /// Whether something has come behind what was read.
    var hasMore: Bool { !buffer.isEmpty }

    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    /// What cannot be written is lost: the peer has gone, and the test sees that elsewhere.
    ///
    /// Returns false when the peer has gone.
    @discardableResult
    package func write(_ octets: [UInt8], pace: Pace = .atOnce) -> Bool {
        var rest = octets[...]
        while !rest.isEmpty {
            let piece: ArraySlice<UInt8>
            switch pace {
            case .atOnce: piece = rest
            case .pieces(let size, _): piece = rest.prefix(size)
            }
            let raw: [UInt8]
            if let session {
                session.seal(Array(piece))
                raw = session.drain()
            } else {
                raw = Array(piece)
            }
            guard writeRaw(raw) else { return false }
            rest = rest.dropFirst(piece.count)
            if case .pieces(_, let milliseconds) = pace, !rest.isEmpty, hasLeft(within: milliseconds) {
                return false
            }
        }
        return true
    }

    private func writeRaw(_ octets: [UInt8]) -> Bool {
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Waits that long at most, and tells whether the peer has closed its end meanwhile.
    func hasLeft(within milliseconds: Int32) -> Bool {
        let hungUp: Int16 = 0x2000  // POLLRDHUP, which Glibc keeps to itself without _GNU_SOURCE
        var state = pollfd(fd: descriptor, events: hungUp, revents: 0)
        return poll(&state, 1, milliseconds) > 0
    }

    // MARK: TLS

    /// Has the client's handshake answered, at a pace; false when none comes about.
    package func startTLS(_ identity: TLSIdentity, pace: Pace = .atOnce) -> Bool {
        guard let session = TLSSession(identity) else { return false }
        session.take(buffer)
        buffer = []
        while true {
            let end = session.shakeHands()
            guard write(session.drain(), pace: pace) else { return false }
            switch end {
            case .done:
                self.session = session
                buffer += session.opened()
                return true
            case .failed: return false
            case .wantsMore:
                guard let octets = receive() else { return false }
                session.take(octets)
            }
        }
    }

    /// Everything the peer said outside a TLS session; the handshake itself is not among it.
    package var heardInClear: [UInt8] { lock.withLock { clearText } }

    package func close() {
        lock.withLock {
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Closes with RST instead of FIN.
    package func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    fileprivate func interrupt() {
        lock.withLock {
            if descriptor >= 0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private func fill() -> Bool {
        guard let octets = receive() else { return false }
        if let session {
            session.take(octets)
            buffer += session.opened()
        } else {
            lock.withLock { clearText += octets }
            buffer += octets
        }
        return true
    }

    private func receive() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return count > 0 ? Array(chunk.prefix(count)) : nil
    }
}
