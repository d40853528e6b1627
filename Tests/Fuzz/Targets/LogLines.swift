import Foundation
import Logging
import RelanceCore
import RelanceDaemon
import Synchronization

extension FuzzTarget {
    /// An event for the journal: its level and whether priorities are wanted, its words up to a NUL, then values, likewise.
    ///
    /// Promise: it is one line of bounded length that can be read, and its fields are those that were given, each with its
    /// value or the beginning of it.
    static let logLine = FuzzTarget("log_line") { bytes in
        var cursor = ByteCursor(bytes)
        let level = cursor.choice(of: Logger.Level.allCases)
        let hasPriorities = cursor.byte() & 1 == 1
        let message = cursor.block()
        var values: [String] = []
        while !cursor.rest.isEmpty, values.count < 6 { values.append(cursor.block()) }
        let fields = zip(["count", "detail", "key", "reason", "route", "status"], values)
        let written = try line(level, hasPriorities, message, fields)
        try expect(written.utf8.count <= 16 + 2048 + 8 + values.count * 300, "a line has an end")
        let prefix = hasPriorities ? "<" : level.rawValue + ": "
        // By octets: a mark that words begin with makes one character of the blank before it.
        try expect(written.utf8.starts(with: prefix.utf8), "a line begins with its level")
        // Words of ours, so that what follows them can be told from them.
        let plain = try line(level, hasPriorities, "refused", fields)
        guard let start = plain.firstRange(of: "refused")?.upperBound else {
            throw BrokenPromise(description: "the words stand in the line")
        }
        try expectFields(plain[start...], Array(fields))
    }

    private static func line(
        _ level: Logger.Level, _ hasPriorities: Bool, _ message: String,
        _ fields: Zip2Sequence<[String], [String]>
    ) throws -> String {
        let lines = Mutex<[String]>([])
        let handler = JournalLogHandler(level: .trace, hasPriorities: hasPriorities) { line in
            lines.withLock { $0.append(line) }
        }
        let metadata = Dictionary(
            fields.map { ($0.0, Logger.Metadata.Value.string($0.1)) }, uniquingKeysWith: { $1 })
        Logger(label: "fuzz", factory: { _ in handler }).log(
            level: level, "\(message)", metadata: metadata)
        let written = lines.withLock { $0 }
        try expect(written.count == 1 && written[0].last == "\n", "an event is one line")
        let line = String(written[0].dropLast())
        try expect(SafeText.isPrintable(line), "\(line.debugDescription) can be read")
        return line
    }

    /// The rest of a line as its fields, ` name=value`, a value with anything unusual in it being a text of JSON.
    private static func expectFields(_ rest: Substring, _ fields: [(String, String)]) throws {
        var rest = rest
        for (name, value) in fields {
            try expect(rest.hasPrefix(" \(name)="), "\(rest) goes on with \(name)")
            rest = rest.dropFirst(name.count + 2)
            guard rest.unicodeScalars.first == "\"" else {  // a mark that combines stands with it
                let word = rest.prefix { $0 != " " }
                try expect(!word.isEmpty && word == value, "\(word) is \(value.debugDescription)")
                rest = rest.dropFirst(word.count)
                continue
            }
            var scalars = rest.unicodeScalars.dropFirst()
            var json = "\""
            while let scalar = scalars.popFirst(), scalar != "\"" {
                json.unicodeScalars.append(scalar)
                if scalar == "\\", let next = scalars.popFirst() { json.unicodeScalars.append(next) }
            }
            let read = try? JSONDecoder().decode(String.self, from: Data((json + "\"").utf8))
            let isWhole = read?.unicodeScalars.elementsEqual(value.unicodeScalars) == true
            let isBeginning =
                read?.unicodeScalars.last == "…"
                && value.unicodeScalars.starts(with: read?.unicodeScalars.dropLast() ?? [])
            try expect(isWhole || isBeginning, "\(json)\" is \(value.debugDescription)")
            rest = Substring(scalars)
        }
        try expect(rest.isEmpty, "nothing stands behind the fields: \(rest)")
    }
}
