import Glibc
import Logging
import RelanceCore

/// One line an event on standard error, with the priority prefix journald reads (sd-daemon(3)) when it listens.
///
/// Metadata follows the message as `key=value`; values are cut to 256 bytes, and one that is not of letters, figures and
/// `._:/@+-` stands between double quotes, escaped as in JSON: no foreign text can start a line or a field of its own.
package struct JournalLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let hasPriorities: Bool
    private let write: @Sendable (String) -> Void

    /// With `hasPriorities` each line starts with `<N>`, as the journal wants it.
    package init(
        level: Logger.Level, hasPriorities: Bool,
        write: @escaping @Sendable (String) -> Void = JournalLogHandler.writeToStandardError
    ) {
        logLevel = level
        self.hasPriorities = hasPriorities
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let prefix = hasPriorities ? "<\(event.level.priority)>" : "\(event.level.rawValue): "
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
            .sorted { $0.key < $1.key }
            .map { " \($0.key)=\(JournalLogHandler.value("\($0.value)"))" }
        write(prefix + JournalLogHandler.escaped("\(event.message)", limit: 2048) + fields.joined() + "\n")
    }

    static func value(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "._:/@+-".utf8.contains(byte)
            }
        return isPlain ? text : "\"" + escaped(text, limit: 256, quotes: true) + "\""
    }

    /// What one cannot see, and a backslash, as JSON escapes it; a quotation mark as well between quotation marks.
    private static func escaped(_ text: String, limit: Int, quotes: Bool = false) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            let piece =
                switch scalar {
                case "\\": "\\\\"
                case "\"" where quotes: "\\\""
                case _ where scalar.isUnprintable:
                    String(scalar).utf16.map { unit in
                        let digits = String(unit, radix: 16)
                        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }.joined()
                default: String(scalar)
                }
            guard out.utf8.count + piece.utf8.count <= limit else { return out + "…" }
            out += piece
        }
        return out
    }

    package static func writeToStandardError(_ line: String) {
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }  // nobody reads: a log line is not worth dying for
            bytes = bytes.dropFirst(written)
        }
    }
}

extension Logger.Level {
    /// The syslog priority of sd-daemon(3).
    fileprivate var priority: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
