import Foundation

/// Compares what the program makes with what it made when somebody last looked, byte for byte.
///
/// With `RELANCE_RECORD=1` in the environment the file is rewritten and the comparison fails all the same, so that a
/// recording run can never be mistaken for a passing one.
package enum Golden {
    /// Nil when the bytes are those of the file; else what differs, in words.
    package static func difference(of bytes: [UInt8], from path: String) -> String? {
        if ProcessInfo.processInfo.environment["RELANCE_RECORD"] == "1" {
            return record(bytes, path)
        }
        guard let expected = FileManager.default.contents(atPath: path) else {
            return "\(path) is missing; RELANCE_RECORD=1 writes it"
        }
        guard expected != Data(bytes) else { return nil }
        let found = lines(bytes)
        let wanted = lines([UInt8](expected))
        let line =
            zip(found, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, wanted.count)
        return """
            \(path) differs from line \(line + 1) on
            was: \(line < wanted.count ? wanted[line] : "(end)")
            is:  \(line < found.count ? found[line] : "(end)")
            """
    }

    /// The folder beside a test's source file.
    package static func folder(_ name: String, beside file: String = #filePath) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(name).path
    }

    private static func record(_ bytes: [UInt8], _ path: String) -> String {
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            return "\(path) was recorded; run again without RELANCE_RECORD"
        } catch {
            return "\(path) could not be recorded: \(error)"
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }.map(
            String.init)
    }
}
