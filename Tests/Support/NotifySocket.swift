import Foundation

/// The socket systemd would listen on.
package final class NotifySocket: Sendable {
    package let name: String
    private let descriptor: Int32

    /// At a path, or in the abstract name space when the name begins with `@`.
    package init(_ name: String) throws {
        self.name = name
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        if name.hasPrefix("@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (path[0] == 0 ? 0 : 1))
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound else { throw Unusable(reason: String(cString: strerror(errno))) }
    }

    deinit {
        close(descriptor)
    }

    package struct Unusable: Error {
        package var reason: String
    }

    /// What has arrived so far, one text a datagram.
    package func received() -> [String] {
        var datagrams: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            datagrams.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
        return datagrams
    }

    /// Waits for so many datagrams more that begin with these words; false when for a minute none has come.
    package func receives(_ count: Int, beginning words: String) async throws -> Bool {
        try await onThread { [self] in
            var patience = timeval(tv_sec: 60, tv_usec: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var buffer = [UInt8](repeating: 0, count: 4096)
            var left = count
            while left > 0 {
                let length = recv(descriptor, &buffer, buffer.count, 0)
                guard length > 0 else { return false }
                if String(decoding: buffer[..<length], as: UTF8.self).hasPrefix(words) { left -= 1 }
            }
            return true
        }
    }
}
