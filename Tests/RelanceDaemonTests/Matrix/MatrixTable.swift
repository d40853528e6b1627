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
