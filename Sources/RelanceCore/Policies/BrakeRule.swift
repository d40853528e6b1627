/// How much one reading of the cases may set off before a person is asked (reliability 2.7 and 2.8).
package struct BrakeRule: Hashable, Sendable {
    /// More messages than this are too many.
    package var messages: Int
    /// So are messages on more than this share of the open cases.
    package var casesPercent: Int
    /// Fewer messages than this never are: a small house would stop at every second one.
    package var atLeast: Int

    package init(messages: Int, casesPercent: Int, atLeast: Int) {
        self.messages = messages
        self.casesPercent = casesPercent
        self.atLeast = atLeast
    }

    /// Whether so many messages, on so many of the open cases, are too many.
    func isExceeded(by messages: Int, on cases: Int, of openCases: @autoclosure () -> Int) -> Bool {
        guard messages >= atLeast else { return false }
        return messages > self.messages || cases * 100 > openCases() * casesPercent
    }
}
