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
/// A mark every 4 KiB keeps it so even when the whole document is one line, and each of its records has a problem.
struct LineMap: Sendable {
    private struct Mark {
        /// Line breaks before the block.
        var breaks: UInt32
        /// Scalars between the last line break and the block.
        var scalars: UInt32
    }

    private static let blockBytes = 4096
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
        block.withUnsafeBufferPointer { block in
            let breaks = count(block[...]) { $0 == UInt8(ascii: "\n") ? 1 : 0 }
            let lastLine = breaks > 0 ? block.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0 : 0
            let scalars = count(block[lastLine...]) { $0 & 0xC0 == 0x80 ? 0 : 1 }
            return Mark(
                breaks: mark.breaks &+ breaks, scalars: breaks > 0 ? scalars : mark.scalars &+ scalars)
        }
    }

    /// Counts in runs short enough for a sum of one byte, which the compiler turns into whole vectors at a time.
    @inline(__always)
    private static func count(
        _ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ weight: (UInt8) -> UInt8
    ) -> UInt32 {
        var total: UInt32 = 0
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = min(start + 128, bytes.endIndex)
            var sum: UInt8 = 0
            for byte in UnsafeBufferPointer(rebasing: bytes[start..<end]) { sum &+= weight(byte) }
            total &+= UInt32(sum)
            start = end
        }
        return total
    }
}
