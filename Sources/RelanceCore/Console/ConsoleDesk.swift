/// What the console may ask of the daemon and have it do: the two meet here and nowhere else (design 3).
///
/// What a request means is the desk's to know; the console knows bytes, limits and HTTP.
package protocol ConsoleDesk: Sendable {
    /// Takes a gateway's call.
    ///
    /// What it changes is durable when this returns: the console answers only then, and a gateway that got no answer
    /// calls again (reliability 2.11).
    func receive(_ callback: GatewayCallback) async -> CallbackAnswer

    /// Hears of a gateway's call whose body was not taken, to count it and tell of it; the route may be anything.
    func refused(route: String, status: Int) async

    /// Does what an operator orders and returns a sentence that says what was done.
    ///
    /// Durable and in effect when it returns; an order that is refused has changed nothing.
    func act(_ order: OperatorOrder) async throws(OperatorProblem) -> String

    /// How the house is; nil where nobody is at work.
    func status() async -> HouseStatus?
}
