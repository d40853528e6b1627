import Glibc

/// A file in blocks of whole lines, for one that is too long to be held in memory.
///
/// The last line comes by itself, with or without its end: of a snapshot it is the footer.
struct LineBlocks: ~Copyable {
    private let file: String
    private let directory: StateDirectory
    private let descriptor: Descriptor
    private let blockBytes: Int
    private var rest: [UInt8] = []
    private var hasEnded = false

    init(_ file: String, in directory: StateDirectory, blockBytes: Int = 1 << 20) throws(StoreError) {
        self.file = file
        self.directory = directory
        self.blockBytes = blockBytes
        descriptor = try directory.attempt { () throws(DiskError) in
            try directory.disk.open(file, in: directory.descriptor, O_RDONLY)
        }
    }

    /// Nil behind the last line.
    mutating func next() throws(StoreError) -> [UInt8]? {
        while !hasEnded {
            let more = try directory.attempt { () throws(DiskError) in
                try directory.disk.read(upTo: blockBytes, from: descriptor, named: file)
            }
            hasEnded = more.count < blockBytes
            rest += more
            // Whole lines with one more behind them.
            guard let last = rest.dropLast().lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let lines = Array(rest[...last])
            rest.removeFirst(lines.count)
            return lines
        }
        guard !rest.isEmpty else { return nil }
        defer { rest = [] }
        return rest
    }
}
