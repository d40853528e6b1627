/// A door of the house through which foreign bytes come: whatever comes, nothing traps, nothing takes a second, and
/// what is let in keeps the door's promise (reliability 3.6).
package struct FuzzTarget: Sendable {
    /// Of its corpus as well: `Tests/Fuzz/Corpora/NAME`.
    package let name: String
    /// Reads the bytes as the house does, and throws when the promise was broken.
    package let read: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ read: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.read = read
    }

    package static let all = [
        advisors, callback, cases, closedDays, configuration, emailAddress, frozenMessage, gatewayAnswer,
        gatewayPreset, gatewayRequest, httpRequest, ledger, logLine, mail, moments, order, phoneNumber,
        requestTarget,
        smtpReply, template, textMessage, zone,
    ]

    /// The presets that ship, wherever the program that fuzzes stands.
    static let gatewayFolder =
        #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/Config/gateways"

    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}

/// What a door let in though it says it would not.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
}

/// Throws the promise unless it was kept.
func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    guard isKept else { throw BrokenPromise(description: promise()) }
}
