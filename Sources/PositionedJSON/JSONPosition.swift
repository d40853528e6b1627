/// A place in a document as an editor shows it: line and column from 1, columns counted in Unicode scalars,
/// and the byte offset from 0.
package struct JSONPosition: Hashable, Sendable {
    package let line: Int
    package let column: Int
    package let offset: Int

    package init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }
}

extension JSONPosition: CustomStringConvertible {
    package var description: String { "\(line):\(column)" }
}

/// Turns byte offsets into lines and columns, reading at most one block of the document for each.
///
/// A mark every KiB keeps it so even when the whole document is one line, and each of its records has a problem.
struct LineMap: Sendable {
    private struct Mark {
        /// Line breaks before the block.
        var breaks: UInt32
        /// Scalars between the last line break and the block.
        var scalars: UInt32
    }

    private static let blockBytes = 1024
    private let marks: [Mark]

    init(_ bytes: [UInt8]) {
        var marks: [Mark] = []
        marks.reserveCapacity(bytes.count / Self.blockBytes + 1)
        var mark = Mark(breaks: 0, scalars: 0)
        for start in stride(from: 0, to: bytes.count, by: Self.blockBytes) {
            marks.append(mark)
            mark = Self.advance(mark, over: bytes[start..<min(start + Self.blockBytes, bytes.count)])
        }
        self.marks = marks
    }

    /// The place of an offset in the bytes the map was made from; the end of the document is a place too.
    func position(of offset: Int, in bytes: [UInt8]) -> JSONPosition {
        let offset = min(offset, bytes.count)
        guard !marks.isEmpty else { return JSONPosition(line: 1, column: 1, offset: offset) }
        let block = min(offset / Self.blockBytes, marks.count - 1)
        let mark = Self.advance(marks[block], over: bytes[block * Self.blockBytes..<offset])
        // The byte order mark is no column of the first line.
        let hidden = mark.breaks == 0 && offset >= 3 && bytes.starts(with: JSONSource.byteOrderMark) ? 1 : 0
        return JSONPosition(
            line: Int(mark.breaks) + 1, column: Int(mark.scalars) + 1 - hidden, offset: offset)
    }

    private static func advance(_ mark: Mark, over block: ArraySlice<UInt8>) -> Mark {
        block.withUnsafeBytes { block in
            let breaks = block.count(\.lineBreaks)
            guard breaks > 0, let last = block.lastIndex(of: UInt8(ascii: "\n")) else {
                return Mark(breaks: mark.breaks, scalars: mark.scalars &+ block.count(\.scalarStarts))
            }
            let line = UnsafeRawBufferPointer(rebasing: block[(last + 1)...])
            return Mark(breaks: mark.breaks &+ breaks, scalars: line.count(\.scalarStarts))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Sums up over words of eight bytes; the rest is filled up with continuation bytes, which count for nothing.
    @inline(__always)
    fileprivate func count(_ weight: (UInt64) -> Int) -> UInt32 {
        var total = 0
        var offset = 0
        while offset + 8 <= count {
            total &+= weight(loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        let rest = self[offset...].reduce(UInt64(0x8080_8080_8080_8080)) { $0 << 8 | UInt64($1) }
        return UInt32(truncatingIfNeeded: total &+ weight(rest))
    }
}

extension UInt64 {
    /// How many of the eight bytes are line feeds.
    ///
    /// The exclusive or makes those zero; adding 0x7F to the low seven bits of a byte sets its high bit unless all
    /// seven are zero, so that a high bit clear in both marks a line feed.
    fileprivate var lineBreaks: Int {
        let rest = self ^ 0x0A0A_0A0A_0A0A_0A0A
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        return 8 - ((((rest & low) &+ low) | rest) & ~low).nonzeroBitCount
    }

    /// How many of the eight bytes begin a scalar, that is, are not of the form 10xxxxxx.
    fileprivate var scalarStarts: Int {
        8 - (self & ~(self << 1) & 0x8080_8080_8080_8080).nonzeroBitCount
    }
}
