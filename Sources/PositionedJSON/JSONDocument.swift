/// One JSON document, read strictly (RFC 8259) and whole, every value knowing its line and column.
///
/// A fault of the document itself is thrown: nothing of it can be trusted. A fault of one value (`JSONFault`) is kept
/// with that value, and its neighbours can be read. Nothing here traps on any input, and nothing recurses.
package final class JSONDocument: Sendable {
    let source: JSONSource
    let tape: JSONTape

    init(source: JSONSource, tape: JSONTape) {
        self.source = source
        self.tape = tape
    }

    /// Reads bytes that hold one document.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONProblem) -> JSONDocument {
        let source = try JSONSource(bytes, limits: limits)
        var builder = TapeBuilder(source: source, limits: limits)
        try builder.read(source.start..<bytes.count)
        return JSONDocument(source: source, tape: builder.finish())
    }

    package var root: JSONNode { JSONNode(document: self, index: 0) }

    /// The faults of all values, in the order they are written.
    package var problems: [JSONProblem] { tape.problems.map(\.problem) }

    /// Every distinct key of the document once; `JSONNode.Member.keyIndex` counts in it.
    package var keys: [String] { tape.keys }
}

/// A file with one JSON document on each line; a bad line hurts only itself.
package struct JSONLines: Sendable {
    /// Each line that is not blank, its document or why it has none; line numbers are those of the file.
    package let records: [Result<JSONNode, JSONProblem>]
    /// What holds the values of all lines.
    package let document: JSONDocument

    /// Reads bytes that hold one document a line; throws only what spoils the whole file.
    package static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONProblem) -> JSONLines {
        let source = try JSONSource(bytes, limits: limits)
        var builder = TapeBuilder(source: source, limits: limits)
        var roots: [Result<Int, JSONProblem>] = []
        var start = source.start
        while start < bytes.count {
            let end = bytes[...].firstIndex(of: UInt8(ascii: "\n"), from: start) ?? bytes.count
            if !bytes[start..<end].allSatisfy(\.isJSONSpace) {
                do throws(JSONProblem) {
                    roots.append(.success(try builder.read(start..<end)))
                } catch {
                    roots.append(.failure(error))
                }
            }
            start = end + 1
        }
        let document = JSONDocument(source: source, tape: builder.finish())
        return JSONLines(
            records: roots.map { $0.map { JSONNode(document: document, index: $0) } }, document: document)
    }
}
