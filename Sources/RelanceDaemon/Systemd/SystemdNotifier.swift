import Glibc
import RelanceCore

/// Tells systemd how the service is, one datagram a message (sd_notify(3)); without `NOTIFY_SOCKET` it says nothing.
///
/// Its socket is open from the start, so that a process that has run out of descriptors still gives its signs of life.
package struct SystemdNotifier: Sendable {
    private let socket: NotifySocket?
    /// How long systemd waits for a sign of life before it restarts the service; nil when it does not.
    package let watchdog: Duration?

    /// Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` of an environment.
    package init(environment: [String: String], processID: Int32 = getpid()) {
        socket = environment["NOTIFY_SOCKET"].flatMap { NotifySocket($0) }
        let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == processID } ?? true
        watchdog = environment["WATCHDOG_USEC"].flatMap(Int64.init).flatMap { microseconds in
            isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
        }
    }

    /// How long to be silent at most, so that systemd hears often enough.
    package var turn: Elapsed {
        min(.minutes(1), watchdog.map { .milliseconds(Int64($0 / .milliseconds(2))) } ?? .minutes(1))
    }

    /// The state words of sd_notify(3) this service uses.
    package enum State: Hashable, Sendable {
        case ready
        case reloading(monotonicMicroseconds: Int64)
        case stopping
        case watchdog
        case status(String)

        var lines: String {
            switch self {
            case .ready: "READY=1"
            case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
            case .stopping: "STOPPING=1"
            case .watchdog: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text.split(separator: "\n").joined(separator: " "))"
            }
        }
    }

    /// Sends one datagram with all states; a notification that cannot be sent is dropped, since systemd's own
    /// time-outs then act.
    package func notify(_ states: State...) {
        socket?.send(states.map(\.lines).joined(separator: "\n"))
    }

    /// Microseconds of the monotonic clock, as systemd wants them with RELOADING.
    package static func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// Where systemd listens, and the socket to write there; closed with the last who has it.
private final class NotifySocket: Sendable {
    private let descriptor: Int32
    /// As the kernel wants it: of the abstract name space when it begins with a zero.
    private let path: [UInt8]

    /// Nil when the address cannot be one, or no socket is to be had.
    init?(_ address: String) {
        var path = Array(address.utf8)
        guard (1..<MemoryLayout.size(ofValue: sockaddr_un().sun_path)).contains(path.count) else {
            return nil
        }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func send(_ text: String) {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (path[0] == 0 ? 0 : 1))
        let message = Array(text.utf8)
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // The address every time: systemd may have been started anew behind it.
                _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }
}
