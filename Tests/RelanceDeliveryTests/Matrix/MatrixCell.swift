import RelanceCore
import RelanceDelivery
import Testing

/// How a delivery has to end, as a table says it in a word.
struct MatrixEnd: Hashable, Sendable, CustomStringConvertible {
    /// `accepted`, `route`, `message`, `refused`, `ambiguous` or `interrupted`, with the kind of failure, `!` where a human
    /// is called, and the copies the far side has taken.
    let description: String

    init(_ word: String) {
        description = word
    }

    init(_ outcome: DeliveryOutcome, copies: Int) {
        func word(_ name: String, _ failure: DeliveryFailure) -> String {
            "\(name):\(failure.kind.rawValue)\(failure.alert ? "!" : "")"
        }
        let end =
            switch outcome {
            case .accepted(_, let proof): proof?.reference == nil && proof != nil ? "accepted?" : "accepted"
            case .deferred(let failure): word(failure.scope.rawValue, failure)
            case .refused(let failure): word("refused", failure)
            case .ambiguous(let failure): word("ambiguous", failure)
            case .interrupted: "interrupted"
            }
        description = end + (copies > 0 ? "*\(copies)" : "")
    }

    /// Nothing but our own patience brings it about.
    var isSilence: Bool { description.contains(":timeout") }

    /// Whether an end is this one; `lost` is either of two, and so is `cut`: a reset that comes before the connection is
    /// noticed to stand is no matter of TLS.
    func allows(_ end: MatrixEnd) -> Bool {
        if description == "cut:tls!" { return ["route:tls!", "route:connection"].contains(end.description) }
        guard description.hasPrefix("lost:") else { return self == end }
        return ["route:", "ambiguous:"].contains { end.description == $0 + description.dropFirst(5) }
    }

    var isAmbiguous: Bool { description.hasPrefix("ambiguous") }

    var copies: Int { description.split(separator: "*").dropFirst().first.flatMap { Int($0) } ?? 0 }
}

/// A table written as text: the first line names the columns, each further line begins with the name of its row.
struct MatrixTable: Sendable {
    let columns: [String]
    let rows: [(name: String, cells: [String])]

    init(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        columns = lines.first ?? []
        rows = lines.dropFirst().map { (name: $0.first ?? "", cells: Array($0.dropFirst())) }
    }
}
