import Glibc

/// A caller who says exactly these bytes: a blocking socket, used on a thread of its own.
package final class CallerSocket: Sendable {
    private let descriptor: Int32

    package struct Failure: Error {
        package var call: String
        package var code: Int32
    }

    /// To a port of 127.0.0.1, from 127.0.0.1 or from another address of this machine, 127.0.0.`number`.
    package init(port: Int, from number: UInt8 = 1) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        if number != 1 {
            address.sin_addr.s_addr = (UInt32(0x7F00_0000) + UInt32(number)).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let end = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            guard end == 0 else { throw Failure(call: "bind", code: errno) }
        }
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try connect(&address)
    }

    /// To a socket of this machine.
    package init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try connect(&address)
    }

    deinit {
        close(descriptor)
    }

    private func connect<Address>(_ address: inout Address) throws {
        // What a test waits for in vain fails it instead of holding it up.
        var patience = timeval(tv_sec: 300, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let end = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard end == 0 else { throw Failure(call: "connect", code: errno) }
    }

    /// What the other side does not take any more is lost, and seen in its answer.
    package func say(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Says a text again and again, with a rest of some milliseconds, until there is something to hear; returns how often.
    package func drip(_ text: String, restMilliseconds: Int32, atMost count: Int) -> Int {
        for number in 0..<count {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&state, 1, restMilliseconds) > 0 { return number }
            say(text)
        }
        return count
    }

    /// Says no more.
    package func endSaying() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Everything the other side says until it closes.
    package func hearAll() throws -> String {
        var heard: [UInt8] = []
        while let more = try hear() { heard += more }
        return String(decoding: heard, as: UTF8.self)
    }

    /// Everything up to and including a text, or to the end.
    package func hear(through end: String) throws -> String {
        var heard: [UInt8] = []
        while !String(decoding: heard, as: UTF8.self).contains(end), let more = try hear() { heard += more }
        return String(decoding: heard, as: UTF8.self)
    }

    private func hear() throws -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 || errno == ECONNRESET else { throw Failure(call: "recv", code: errno) }
        return count > 0 ? Array(chunk.prefix(count)) : nil
    }
}
