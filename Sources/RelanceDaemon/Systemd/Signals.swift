import Dispatch
import Glibc

/// The signals a service lives by, as a sequence.
package enum Signals {
    package enum Wish: Hashable, Sendable {
        /// SIGTERM or SIGINT.
        case stop
        /// SIGHUP.
        case reload
    }

    /// Takes the signals over from their default actions until the sequence is dropped; to be called once a process.
    ///
    /// When it returns they are heard: none falls in between.
    package static func wishes() -> AsyncStream<Wish> {
        AsyncStream { continuation in
            let registering = DispatchGroup()
            let sources = [(SIGTERM, Wish.stop), (SIGINT, .stop), (SIGHUP, .reload)].map { number, wish in
                signal(number, SIG_IGN)  // the default action would come first
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { @Sendable in continuation.yield(wish) }
                registering.enter()
                source.setRegistrationHandler { @Sendable in registering.leave() }
                source.resume()
                return SignalSource(source)
            }
            registering.wait()
            continuation.onTermination = { _ in
                for source in sources { source.cancel() }
            }
        }
    }
}

/// Dispatch sources are thread-safe objects that the overlay does not mark as such; this one is only ever cancelled.
private struct SignalSource: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    init(_ source: any DispatchSourceSignal) {
        self.source = source
    }

    func cancel() {
        source.cancel()
    }
}
