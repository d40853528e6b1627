import RelanceCore

/// How a delivery has to end, as a table says it in a word.
package struct MatrixEnd: Hashable, Sendable, CustomStringConvertible {
    /// `accepted`, `route`, `message`, `refused`, `ambiguous` or `interrupted`, with the kind of failure, `!` where a human
    /// is called, and the copies the far side has taken.
    package let description: String

    package init(_ word: String) {
        description = word
    }

    package init(_ outcome: DeliveryOutcome, copies: Int) {
        func word(_ name: String, _ failure: DeliveryFailure) -> String {
            "\(name):\(failure.kind.rawValue)\(failure.alert ? "!" : "")"
        }
        let end =
            switch outcome {
            case .accepted(_, let proof): proof?.isUnnamed == true ? "accepted?" : "accepted"
            case .deferred(let failure): word(failure.scope.rawValue, failure)
            case .refused(let failure): word("refused", failure)
            case .ambiguous(let failure): word("ambiguous", failure)
            case .interrupted: "interrupted"
            }
        description = end + (copies > 0 ? "*\(copies)" : "")
    }

    /// Nothing but our own patience brings it about.
    package var isSilence: Bool { description.contains(":timeout") }

    /// Whether an end is this one; `lost` is either of two, and so is `cut`: a reset that comes before the connection is
    /// noticed to stand is no matter of TLS.
    package func allows(_ end: MatrixEnd) -> Bool {
        if description == "cut:tls!" { return ["route:tls!", "route:connection"].contains(end.description) }
        guard description.hasPrefix("lost:") else { return self == end }
        return ["route:", "ambiguous:"].contains { end.description == $0 + description.dropFirst(5) }
    }

    package var isAmbiguous: Bool { description.hasPrefix("ambiguous") }
    package var isAccepted: Bool { description.hasPrefix("accepted") }
    /// Whether a human is called.
    package var alerts: Bool { description.contains("!") }

    package var copies: Int { description.split(separator: "*").dropFirst().first.flatMap { Int($0) } ?? 0 }
}
