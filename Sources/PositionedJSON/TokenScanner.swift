import CSimdJSON

/// simdjson's first stage, whose index of tokens is kept from one text to the next.
struct TokenScanner: ~Copyable {
    enum Verdict {
        /// Where each token begins, counted from the start of the scanned text; the text is valid UTF-8, no string
        /// holds a control character, and every string is closed.
        case tokens([UInt32])
        /// One of these is not so; `Damage` finds which, and where.
        case damaged
        case noMemory
    }

    private let scanner: OpaquePointer?

    init() {
        scanner = csimdjson_scanner_create()
    }

    deinit {
        csimdjson_scanner_destroy(scanner)
    }

    /// Scans a part of the bytes as one text; `range` lies within them.
    func scan(_ bytes: [UInt8], _ range: Range<Int>) -> Verdict {
        guard let scanner else { return .noMemory }
        var starts: UnsafePointer<UInt32>?
        var count = 0
        let verdict = bytes[range].withUnsafeBufferPointer { text in
            csimdjson_scan(scanner, text.baseAddress, text.count, &starts, &count)
        }
        switch verdict {
        case CSIMDJSON_SCANNED: return .tokens(Array(UnsafeBufferPointer(start: starts, count: count)))
        case CSIMDJSON_NO_MEMORY: return .noMemory
        default: return .damaged
        }
    }
}
