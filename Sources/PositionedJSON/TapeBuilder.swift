/// Reads texts onto a tape, token by token, with a stack of its own instead of recursion.
///
/// A mistake of grammar throws and leaves the tape as it was before the text. A value that is no JSON, yet leaves no
/// doubt where it ends, becomes a damaged node with a problem, and reading goes on behind it.
struct TapeBuilder: ~Copyable {
    /// A container that is open.
    private struct Frame {
        let node: Int
        let isObject: Bool
        /// Counts the containers ever opened, so that an older one has the smaller number.
        let serial: UInt32
        var count = 0

        var closing: UInt8 { isObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    }

    private enum State {
        case value, elementOrEnd, key, keyOrEnd, commaOrEnd
    }

    private let source: JSONSource
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private let scanner = TokenScanner()
    private var tape = JSONTape()
    private var keys = KeyTable()
    /// For each key, the container that had it last, and the value it had there.
    private var lastUse: [(serial: UInt32, value: UInt32)] = []
    private var serial: UInt32 = 0

    init(source: JSONSource, limits: JSONLimits) {
        self.source = source
        self.limits = limits
        bytes = source.bytes
    }

    consuming func finish() -> JSONTape {
        tape.keys = keys.names
        return tape
    }

    /// Reads one text and returns its root.
    @discardableResult
    mutating func read(_ range: Range<Int>) throws(JSONProblem) -> Int {
        let root = tape.nodes.count
        switch scanner.scan(bytes, range) {
        case .tokens(let tokens):
            try walk(tokens, range, from: root)
            return root
        case .noMemory:
            throw source.problem(.noMemory, at: range.lowerBound)
        case .damaged:
            throw explain(range, from: root)
        }
    }

    /// What is wrong with a text that cannot be scanned: the first mistake of grammar before the damage if there is
    /// one, since a stray quote makes all that follows look damaged; else the damage.
    private mutating func explain(_ range: Range<Int>, from root: Int) -> JSONProblem {
        guard let damage = Damage(in: bytes, range) else {
            return source.problem(.empty, at: range.lowerBound)
        }
        let sound = range.lowerBound..<damage.soundEnd
        if case .tokens(let tokens) = scanner.scan(bytes, sound) {
            do throws(JSONProblem) {
                try walk(tokens, sound, from: root)
                tape.cut(to: root)
            } catch {
                guard case .endsEarly = error.fault else { return error }
            }
        }
        switch damage.kind {
        case .unclosedString:
            let opened = source.position(of: damage.offset)
            return source.problem(.unclosedString(opened: opened), at: range.upperBound)
        case .invalidUTF8(let byte, let looksLikeLatin1):
            return source.problem(
                .invalidUTF8(byte: byte, looksLikeLatin1: looksLikeLatin1), at: damage.offset)
        case .controlCharacter(let byte):
            return source.problem(.controlCharacter(byte), at: damage.offset)
        }
    }

    private mutating func walk(
        _ tokens: [UInt32], _ range: Range<Int>, from root: Int
    ) throws(JSONProblem) {
        do throws(JSONProblem) {
            try walk(tokens, range)
        } catch {
            tape.cut(to: root)
            throw error
        }
    }

    private mutating func walk(_ tokens: [UInt32], _ range: Range<Int>) throws(JSONProblem) {
        var frames: [Frame] = []
        var state = State.value
        var key = JSONTape.noKey
        var keyOffset = 0
        var token = 0
        while token < tokens.count {
            let offset = range.lowerBound + Int(tokens[token])
            let byte = bytes[offset]
            token += 1
            let next = token < tokens.count ? range.lowerBound + Int(tokens[token]) : range.upperBound
            switch state {
            case .keyOrEnd where byte == UInt8(ascii: "}"), .elementOrEnd where byte == UInt8(ascii: "]"),
                .commaOrEnd where frames.last?.closing == byte:
                close(&frames)
            case .commaOrEnd:
                guard let frame = frames.last else {
                    throw source.problem(bytes.opensComment(offset) ? .comment : .trailingContent, at: offset)
                }
                guard byte == UInt8(ascii: ",") else {
                    throw unexpected(offset, .commaOrClosing(Character(UnicodeScalar(frame.closing))))
                }
                state = frame.isObject ? .key : .value
                continue
            case .key, .keyOrEnd:
                guard byte == UInt8(ascii: "\"") else {
                    throw unexpected(offset, .key, after: token, tokens, range)
                }
                key = readKey(offset, next, in: frames)
                keyOffset = offset
                guard token < tokens.count else { throw endsEarly(range, frames) }
                guard bytes[next] == UInt8(ascii: ":") else { throw unexpected(next, .colon) }
                token += 1
                state = .value
                continue
            case .value, .elementOrEnd:
                let opensObject = byte == UInt8(ascii: "{")
                var node = JSONTape.Node(
                    shape: opensObject ? .object : .array, offset: UInt32(offset),
                    keyOffset: UInt32(keyOffset),
                    key: key, length: 0, link: 0)
                key = JSONTape.noKey
                if opensObject || byte == UInt8(ascii: "[") {
                    if frames.count < limits.depth {
                        serial += 1
                        frames.append(Frame(node: tape.nodes.count, isObject: opensObject, serial: serial))
                        tape.nodes.append(node)
                        state = opensObject ? .keyOrEnd : .elementOrEnd
                        continue
                    }
                    note(.tooDeep(limit: limits.depth), at: offset)
                    node.shape = .damaged
                    guard skip(tokens, &token, range) else { throw endsEarly(range, frames) }
                } else if byte == UInt8(ascii: "\"") {
                    readString(&node, offset, next)
                } else {
                    guard byte.opensScalar, !bytes.opensComment(offset) else {
                        throw unexpected(offset, .value, after: token, tokens, range)
                    }
                    readScalar(&node, offset..<bytes.trimmedEnd(next, above: offset))
                }
                tape.nodes.append(node)
            }
            if !frames.isEmpty { frames[frames.count - 1].count += 1 }
            state = .commaOrEnd
        }
        guard frames.isEmpty else { throw endsEarly(range, frames) }
    }

    private mutating func close(_ frames: inout [Frame]) {
        let frame = frames.removeLast()
        tape.nodes[frame.node].length = UInt32(frame.count)
        tape.nodes[frame.node].link = UInt32(tape.nodes.count)
    }

    /// Steps behind the container whose opening was the last token, minding only that brackets pair up in number.
    private func skip(_ tokens: [UInt32], _ token: inout Int, _ range: Range<Int>) -> Bool {
        var open = 1
        while open > 0, token < tokens.count {
            switch bytes[range.lowerBound + Int(tokens[token])] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            default: break
            }
            token += 1
        }
        return open == 0
    }

    // MARK: Keys

    /// Reads a key whose value will be the next node.
    private mutating func readKey(_ offset: Int, _ next: Int, in frames: [Frame]) -> UInt32 {
        let content = offset + 1..<max(offset + 1, bytes.trimmedEnd(next, above: offset) - 1)
        if content.count > limits.stringBytes {
            note(.stringTooLong(bytes: content.count, limit: limits.stringBytes), at: offset)
        }
        let key: UInt32
        if bytes[content].firstIndex(of: UInt8(ascii: "\\"), from: content.lowerBound) != nil {
            var name: [UInt8] = []
            if let (fault, place) = JSONEscapes.decode(bytes[content], into: &name) { note(fault, at: place) }
            key = keys.index(of: String(decoding: name, as: UTF8.self))
        } else {
            key = keys.index(of: content, in: bytes)
        }
        checkDoubles(key, offset, frames)
        return key
    }

    /// Notes a key that its object already has, or that is one too many.
    private mutating func checkDoubles(_ key: UInt32, _ offset: Int, _ frames: [Frame]) {
        guard let frame = frames.last else { return }
        while lastUse.count <= Int(key) { lastUse.append((0, 0)) }
        let last = lastUse[Int(key)]
        lastUse[Int(key)] = (frame.serial, UInt32(tape.nodes.count))
        if frame.count == limits.membersPerObject {
            note(.tooManyMembers(limit: limits.membersPerObject), at: offset)
        }
        let earlier: Int?
        if last.serial == frame.serial {
            earlier = Int(last.value)
        } else if last.serial > frame.serial, frame.count <= limits.membersPerObject {
            // An object inside this one had the key since; whether this one had it before, its members tell.
            earlier = member(key, of: frame)
        } else {
            earlier = nil
        }
        if let earlier {
            let first = source.position(of: Int(tape.nodes[earlier].keyOffset))
            note(.duplicateKey(keys.names[Int(key)], first: first), at: offset)
        }
    }

    private func member(_ key: UInt32, of frame: Frame) -> Int? {
        var node = frame.node + 1
        while node < tape.nodes.count {
            if tape.nodes[node].key == key { return node }
            node = tape.end(of: node)
        }
        return nil
    }

    // MARK: Values

    private mutating func readString(_ node: inout JSONTape.Node, _ offset: Int, _ next: Int) {
        let content = offset + 1..<max(offset + 1, bytes.trimmedEnd(next, above: offset) - 1)
        guard content.count <= limits.stringBytes else {
            node.shape = .damaged
            note(.stringTooLong(bytes: content.count, limit: limits.stringBytes), at: offset)
            return
        }
        guard bytes[content].firstIndex(of: UInt8(ascii: "\\"), from: content.lowerBound) != nil else {
            node.shape = .plainString
            node.link = UInt32(content.lowerBound)
            node.length = UInt32(content.count)
            return
        }
        let start = tape.unescaped.count
        if let (fault, place) = JSONEscapes.decode(bytes[content], into: &tape.unescaped) {
            tape.unescaped.removeSubrange(start...)
            node.shape = .damaged
            note(fault, at: place)
            return
        }
        node.shape = .unescapedString
        node.link = UInt32(start)
        node.length = UInt32(tape.unescaped.count - start)
    }

    private mutating func readScalar(_ node: inout JSONTape.Node, _ range: Range<Int>) {
        switch JSONScalar(bytes[range], limits: limits) {
        case .yes: node.shape = .yes
        case .no: node.shape = .no
        case .null: node.shape = .null
        case .number:
            node.shape = .number
            node.link = UInt32(range.lowerBound)
            node.length = UInt32(range.count)
        case .fault(let fault):
            node.shape = .damaged
            note(fault, at: range.lowerBound)
        }
    }

    // MARK: Problems

    /// Keeps a fault of the value that will be the next node.
    private mutating func note(_ fault: JSONFault, at offset: Int) {
        tape.problems.append((UInt32(tape.nodes.count), source.problem(fault, at: offset)))
    }

    private func endsEarly(_ range: Range<Int>, _ frames: [Frame]) -> JSONProblem {
        let opened = frames.last.map { Int(tape.nodes[$0.node].offset) } ?? range.lowerBound
        return source.problem(.endsEarly(opened: source.position(of: opened)), at: range.upperBound)
    }

    /// Where a value or a key should be: a closing bracket there means that the comma before it is one too many.
    private func unexpected(
        _ offset: Int, _ expected: JSONExpectation, after token: Int, _ tokens: [UInt32], _ range: Range<Int>
    ) -> JSONProblem {
        let isClosing = bytes[offset] == UInt8(ascii: "]") || bytes[offset] == UInt8(ascii: "}")
        if isClosing, token >= 2 {
            let before = range.lowerBound + Int(tokens[token - 2])
            if bytes[before] == UInt8(ascii: ",") { return source.problem(.trailingComma, at: before) }
        }
        return unexpected(offset, expected)
    }

    private func unexpected(_ offset: Int, _ expected: JSONExpectation) -> JSONProblem {
        if bytes.opensComment(offset) { return source.problem(.comment, at: offset) }
        let found: JSONFound
        switch bytes[offset] {
        case UInt8(ascii: "'"): return source.problem(.singleQuote, at: offset)
        case UInt8(ascii: "\""): found = .string
        case let byte where byte.isDigit || byte == UInt8(ascii: "-"): found = .number
        case let byte where byte >= 0x7F || byte.isASCIILetter || byte < 0x20: found = .word
        case let byte: found = .punctuation(Character(UnicodeScalar(byte)))
        }
        return source.problem(.unexpected(found, expected: expected), at: offset)
    }
}
