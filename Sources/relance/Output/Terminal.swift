import Foundation
import Glibc
import RelanceCore

/// Standard output and error, and whether anybody sees colours there.
enum Terminal {
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// One line, flushed at once so that a pipe sees it when it happens.
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// Coloured on a terminal unless NO_COLOR says otherwise; plain elsewhere.
    static func styled(_ text: String, _ style: Style) -> String {
        guard isatty(STDOUT_FILENO) == 1, ProcessInfo.processInfo.environment["NO_COLOR"] == nil else {
            return text
        }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
    }

    /// The reader's language by the usual variables; French unless they ask for English.
    static var language: Language {
        let environment = ProcessInfo.processInfo.environment
        let wanted = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }.first {
            !$0.isEmpty
        }
        return wanted?.hasPrefix("en") == true ? .english : .french
    }
}
