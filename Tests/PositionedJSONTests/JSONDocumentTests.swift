import PositionedJSON
import Testing

@Suite struct `JSON documents` {
    @Test func `every kind of value is read as written`() throws {
        let text =
            #"{"s":"é\u00e9\ud83d\ude00\/\"","n":-12,"d":2.5e3,"t":true,"f":false,"z":null,"a":[1,[2]],"o":{}}"#
        let root = try JSONDocument.parse(Array(text.utf8)).root
        #expect(root.count == 8)
        #expect(root["s"]?.string == "éé😀/\"")
        #expect(root["n"]?.integer == -12)
        #expect(root["d"]?.double == 2500)
        #expect(root["d"]?.integer == nil)
        #expect(root["t"]?.boolean == true)
        #expect(root["f"]?.boolean == false)
        #expect(root["z"]?.isNull == true)
        #expect(root["a"]?.elements.map(\.kind) == [.number, .array])
        #expect(root["o"]?.kind == .object)
        #expect(root["o"]?.count == 0)
        #expect(root["missing"] == nil)
        #expect(root.members.map(\.key) == ["s", "n", "d", "t", "f", "z", "a", "o"])
    }

    @Test(arguments: ["1", "\"a\"", "null", " true ", "\u{FEFF}[ ]\n"])
    func `any value may be the root, and a byte order mark is tolerated`(text: String) throws {
        #expect(try JSONDocument.parse(Array(text.utf8)).problems.isEmpty)
    }

    @Test func `a value asked for as another kind is nil`() throws {
        let root = try JSONDocument.parse(Array(#"{"s":"1","n":1,"b":true}"#.utf8)).root
        #expect(root["s"]?.integer == nil)
        #expect(root["n"]?.string == nil)
        #expect(root["b"]?.numberText == nil)
        #expect(root["n"]?.boolean == nil)
        #expect(root.string == nil)
        #expect(root["s"]?["x"] == nil)
    }

    @Test func `numbers convert exactly or not at all`() throws {
        let text =
            "[9223372036854775807, 9223372036854775808, -9223372036854775808, 1e999999, 100e200, -0, 0.1]"
        let numbers = Array(try JSONDocument.parse(Array(text.utf8)).root.elements)
        #expect(numbers.map(\.integer) == [.max, nil, .min, nil, nil, 0, nil])
        #expect(numbers[3].double == nil)
        #expect(numbers[3].numberText == "1e999999")
        #expect(numbers[4].double == 100e200)
        #expect(numbers[6].double == 0.1)
    }

    @Test func `positions count lines from 1 and columns in characters`() throws {
        let text = "\u{FEFF}{\r\n  \"é\": [1,\n\t\"😀\", 22]\n}\n"
        let root = try JSONDocument.parse(Array(text.utf8)).root
        let list = try #require(root["é"])
        #expect(root.position == JSONPosition(line: 1, column: 1, offset: 3))
        #expect(root.members.first { _ in true }?.keyPosition.description == "2:3")
        #expect(list.position.description == "2:8")
        #expect(list.elements.map(\.position.description) == ["2:9", "3:2", "3:7"])
    }

    @Test func `positions hold beyond many blocks, on long lines and across them`() throws {
        let long = (0..<5_000).map { "\"é\($0)\"" }.joined(separator: ",")
        let text = "[" + long + ",\n" + long + ", 7]"
        let last = try #require(Array(try JSONDocument.parse(Array(text.utf8)).root.elements).last)
        let column = text.unicodeScalars.split(separator: "\n")[1].count - 1
        #expect(last.position == JSONPosition(line: 2, column: column, offset: text.utf8.count - 2))
    }

    @Test func `positions agree with a walk over the characters`() throws {
        var text = "["
        var places: [String] = []
        var (line, column) = (1, 2)
        func write(_ part: String) {
            text += part
            for scalar in part.unicodeScalars {
                (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
            }
        }
        for number in 0..<3_000 {
            write(String(repeating: " ", count: number % 5) + String(repeating: "\n", count: number % 11 / 9))
            places.append("\(line):\(column)")
            write("\"" + String(repeating: "é😀a", count: number % 17) + "\",")
        }
        write("0]")
        let elements = try JSONDocument.parse(Array(text.utf8)).root.elements
        #expect(elements.dropLast().map(\.position.description) == places)
    }

    @Test func `a key in an object inside does not count as a double outside`() throws {
        let text = #"[{"a":{"b":1},"b":{"a":2}},{"a":1,"b":[{"a":1},{"a":1}]}]"#
        #expect(try JSONDocument.parse(Array(text.utf8)).problems.isEmpty)
    }

    @Test func `each double of a key names the one before it`() throws {
        let text = "{\"a\":1,\n\"a\":2,\n\"a\":3}"
        let document = try JSONDocument.parse(Array(text.utf8))
        #expect(document.problems.map(\.position.line) == [2, 3])
        #expect(document.root.members.map { $0.value.integer } == [1, 2, 3])
    }

    @Test func `the text of a value is its bytes without escapes`() throws {
        let root = try JSONDocument.parse(Array(#"["plain","t\u00e9l","",12.50]"#.utf8)).root
        #expect(
            root.elements.map { $0.text.map(Array.init) } == [
                Array("plain".utf8), Array("tél".utf8), [], Array("12.50".utf8),
            ])
    }

    @Test func `a hundred thousand brackets are refused without recursion`() throws {
        #expect(throws: JSONProblem.self) {
            try JSONDocument.parse(Array(repeating: UInt8(ascii: "["), count: 100_000))
        }
        let closed =
            Array(repeating: UInt8(ascii: "["), count: 100_000)
            + Array(repeating: UInt8(ascii: "]"), count: 100_000)
        #expect(try JSONDocument.parse(closed).problems.map(\.fault) == [.tooDeep(limit: 32)])
    }

    @Test func `a document cut anywhere is refused at its end or is whole`() {
        let text = Array(#"[{"ref":"2020-0301","list":["é",1.5e2,true,null]}]"#.utf8)
        for length in 0..<text.count {
            do {
                _ = try JSONDocument.parse(Array(text.prefix(length)))
                Issue.record("accepted with \(length) bytes")
            } catch {
                #expect(error.position.offset <= length)
            }
        }
    }

    @Test func `no change of single bytes traps, and every place lies in the document`() throws {
        let text = Array(
            #"[{"ref":"2020-\u0030301","a":[1.5e2,{"b":null}],"ref2":"é","c":"\ud83d\ude00"},[[]]] "#.utf8)
        let marks: [UInt8] = Array("\"\\{}[]:,u0'/ \n.-e".utf8) + [0, 0x1F, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
        for index in text.indices {
            for byte in marks {
                var changed = text
                changed[index] = byte
                do {
                    let document = try JSONDocument.parse(changed)
                    for problem in document.problems { #expect(problem.position.offset <= text.count) }
                    #expect(visit(document.root) > 0)
                } catch {
                    #expect(error.position.offset <= text.count)
                }
            }
        }
    }

    /// Touches everything a reader can ask of a value and of those inside it.
    private func visit(_ node: JSONNode) -> Int {
        _ = (node.string, node.integer, node.double, node.boolean, node.position, node.problems)
        return node.elements.reduce(1) { $0 + visit($1) }
            + node.members.reduce(0) { $0 + visit($1.value) + $1.key.count + $1.keyPosition.line }
    }
}
