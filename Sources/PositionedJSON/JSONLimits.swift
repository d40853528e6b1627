/// How much of a foreign document is believed; beyond it the document, or the value, is a problem and never a trap.
package struct JSONLimits: Sendable {
    package var documentBytes = 32 << 20
    /// The root is at depth 1.
    package var depth = 32
    /// As written between the quotes, escapes included; for keys as well.
    package var stringBytes = 64 << 10
    package var numberBytes = 32
    package var membersPerObject = 256

    package init() {}

    package static let standard = JSONLimits()
}
