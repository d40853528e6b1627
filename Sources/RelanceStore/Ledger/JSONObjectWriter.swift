/// Writes the members of one JSON object in ASCII: no byte of the file can drive a terminal or hide a character.
struct JSONObjectWriter {
    private(set) var bytes: [UInt8]

    /// Opens the object behind what the buffer holds already.
    init(appendingTo bytes: [UInt8] = []) {
        self.bytes = bytes
        self.bytes.append(UInt8(ascii: "{"))
    }

    mutating func member(_ key: StaticString, _ value: String) {
        open(key)
        string(value)
    }

    /// Left out when nil.
    mutating func member(_ key: StaticString, _ value: String?) {
        if let value { member(key, value) }
    }

    mutating func member(_ key: StaticString, _ value: some BinaryInteger) {
        open(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func member(_ key: StaticString, _ values: [String]) {
        open(key)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            string(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An object of strings.
    mutating func member(_ key: StaticString, _ values: some Sequence<(String, String)>) {
        open(key)
        bytes.append(UInt8(ascii: "{"))
        for (index, (name, value)) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            string(name)
            bytes.append(UInt8(ascii: ":"))
            string(value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Members that are JSON already, without braces.
    mutating func raw(_ members: String) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: members.utf8)
    }

    private mutating func open(_ key: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        let isPlain = text.withUTF8 { utf8 in
            guard utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
                return false
            }
            bytes.append(contentsOf: utf8)
            return true
        }
        if !isPlain { escaped(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(unit))
            case 0x20..<0x7F:
                bytes.append(UInt8(unit))
            default:
                bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
                bytes.append(contentsOf: [12, 8, 4, 0].map { digits[Int(unit >> $0 & 15)] })
            }
        }
    }
}
