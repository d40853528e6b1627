// Who is connected, so that nobody keeps others out (reliability 2.11, console; 3.10, K11).
//
// Contract:
// - One address has its share of connections at most; one more of its is closed before a word of it is read.
// - Beyond all connections the one that has waited longest without a complete request makes room; if every one is being
//   heard by the desk, the newcomer is closed.
// - A request the desk has is never cut off here.

import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The connections of one door.
final class Callers: Sendable {
    private struct Caller {
        let channel: any Channel
        let address: String?
        var isHeard = false
    }

    /// In the order of their coming.
    private let callers = Mutex<[Caller]>([])
    private let limits: ConsoleLimits

    init(_ limits: ConsoleLimits) {
        self.limits = limits
    }

    /// Takes a connection up, or says that it is to be closed; another one may be closed for it.
    func admit(_ channel: any Channel) -> Bool {
        let address = channel.remoteAddress?.ipAddress  // nil on a socket of this machine
        let (isAdmitted, leaving) = callers.withLock { callers -> (Bool, (any Channel)?) in
            if let address, callers.count(where: { $0.address == address }) >= limits.connectionsPerAddress {
                return (false, nil)
            }
            var leaving: (any Channel)?
            if callers.count >= limits.connections {
                guard let longest = callers.firstIndex(where: { !$0.isHeard }) else { return (false, nil) }
                leaving = callers.remove(at: longest).channel
            }
            callers.append(Caller(channel: channel, address: address))
            return (true, leaving)
        }
        leaving?.close(promise: nil)
        return isAdmitted
    }

    func forget(_ channel: any Channel) {
        callers.withLock { $0.removeAll { $0.channel === channel } }
    }

    /// Whether the desk has a request of this connection.
    func set(_ channel: any Channel, isHeard: Bool) {
        callers.withLock { callers in
            guard let index = callers.firstIndex(where: { $0.channel === channel }) else { return }
            callers[index].isHeard = isHeard
        }
    }
}

/// HTTP/1.1 for those who were admitted.
struct AdmittedChannel: ServerChildChannel {
    let http: HTTP1Channel
    let callers: Callers

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        let isAdmitted = callers.admit(channel)
        channel.closeFuture.whenComplete { _ in callers.forget(channel) }
        let value = RequestPipeline.setUp(http, on: channel, logger: logger)
        // Not a failure of the setup: the server would take that for its own end.
        if !isAdmitted { value.whenSuccess { _ in channel.close(promise: nil) } }
        return value
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
