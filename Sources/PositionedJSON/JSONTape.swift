/// The values of one or more documents in the order they are written, each container before what it holds.
///
/// A subtree is a run of nodes, so that skipping it is one step and its problems are one slice.
struct JSONTape: Sendable {
    struct Node: Sendable {
        var shape: Shape
        /// Where the value begins in the source.
        var offset: UInt32
        /// Where its key begins; without meaning when it has none.
        var keyOffset: UInt32
        /// Which key it has in `keys`, or `noKey`: elements and roots have none.
        var key: UInt32
        /// How many values a container holds, or how many bytes a string or a number has.
        var length: UInt32
        /// The node behind the last one in a container, or where the bytes of a string or a number begin.
        var link: UInt32
    }

    enum Shape: UInt8, Sendable {
        case object, array
        /// A string whose bytes stand in the source as they are.
        case plainString
        /// A string written with escapes, whose bytes stand in `unescaped`.
        case unescapedString
        case number, yes, no, null
        /// A value with a fault of its own.
        case damaged
    }

    static let noKey = UInt32.max

    var nodes: [Node] = []
    var unescaped: [UInt8] = []
    var keys: [String] = []
    /// The faults of single values with the nodes they belong to, in the order of the nodes.
    var problems: [(node: UInt32, problem: JSONProblem)] = []

    /// The node behind the subtree of a node.
    func end(of node: Int) -> Int {
        switch nodes[node].shape {
        case .object, .array: Int(nodes[node].link)
        default: node + 1
        }
    }

    /// The faults of a subtree, found by binary search.
    func problems(in subtree: Range<Int>) -> ArraySlice<(node: UInt32, problem: JSONProblem)> {
        guard !problems.isEmpty else { return [] }
        return problems[firstProblem(from: subtree.lowerBound)..<firstProblem(from: subtree.upperBound)]
    }

    private func firstProblem(from node: Int) -> Int {
        var (low, high) = (0, problems.count)
        while low < high {
            let middle = (low + high) / 2
            if problems[middle].node < node { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Forgets everything read since the tape had this many nodes.
    mutating func cut(to count: Int) {
        nodes.removeSubrange(count...)
        problems.removeSubrange(firstProblem(from: count)...)
    }
}
