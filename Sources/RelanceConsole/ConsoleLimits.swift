/// How much of everything a caller may take (reliability 2.11).
package struct ConsoleLimits: Hashable, Sendable {
    /// Bytes of a request's body.
    package var body = 64 << 10
    /// Bytes of a longer body that are read and thrown away, so that its caller gets to hear the answer.
    package var discarded = 1 << 20
    /// Bytes of one header, of the target, and of all headers together.
    package var headerField = 8 << 10
    package var headers = 16 << 10
    package var headerCount = 100
    /// How long the head of a request may take, and a connection idle.
    package var head = Duration.seconds(10)
    /// How long the body of a request may take.
    package var bodyTime = Duration.seconds(10)
    /// Connections at once, of all callers and of one address; what becomes of further ones, `Callers` says.
    package var connections = 64
    package var connectionsPerAddress = 8

    package init() {}
}
