/// How much of everything a pool allows itself and the far side.
package struct CurlLimits: Hashable, Sendable {
    /// Transfers on the wire at once, each on a connection of its own; further ones wait in the pool's queue.
    package var connections = 2
    /// Name, TCP, TLS and, for SMTP, everything up to the end of the authentication.
    package var connectTimeout = Duration.seconds(60)
    /// The longest silence before one reply, in whole seconds.
    ///
    /// RFC 5321, 4.5.3.2.6 asks for 10 minutes after the final dot; libcurl's own
    /// 2 minutes make duplicates.
    package var responseTimeout = Duration.seconds(600)
    /// The whole transfer, without its time in the queue; longer than one reply may take.
    package var totalTimeout = Duration.seconds(900)
    /// A connection unused for that long is closed rather than used again.
    package var idleTimeout = Duration.seconds(30)
    /// The wait for the reply to QUIT after a refusal, in whole seconds.
    package var farewellTimeout = Duration.seconds(5)
    /// The octets of the far side's replies that are kept.
    package var transcript = 64 * 1024

    package init() {}
}

extension Duration {
    /// Rounded up, at least one: libcurl reads zero as "no limit".
    var wholeSeconds: Int { max(1, Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0)) }

    var wholeMilliseconds: Int {
        max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000))
    }
}
