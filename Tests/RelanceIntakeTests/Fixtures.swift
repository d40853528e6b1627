import Foundation
import RelanceCore
import RelanceIntake
import RelanceTestSupport

extension IntakeRules {
    /// Paris in the autumn of the line.
    static let autumn2020 = IntakeRules(zone: .paris, now: at("2020-11-02T08:00:00+01:00"))
}

/// The fields every case needs, without the braces.
func essentials(_ ref: String) -> String {
    "\"ref\": \"\(ref)\", \"opened_at\": \"2020-10-30T15:40:00+01:00\", \"stage\": \"listening\""
}

/// A case with the essentials and more.
func caseText(_ ref: String, _ more: String = "") -> String {
    "{" + essentials(ref) + (more.isEmpty ? "" : ", " + more) + "}"
}

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/relance-intake-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder left behind harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file whose time lies in the past, so that its stamp can be trusted at once.
    func write(_ text: String, to name: String, minutesAgo: Int = 10) throws {
        try write(Array(text.utf8), to: name, minutesAgo: minutesAgo)
    }

    func write(_ bytes: [UInt8], to name: String, minutesAgo: Int = 10) throws {
        try Data(bytes).write(to: URL(filePath: path + "/" + name))
        let time = Date(timeIntervalSinceNow: TimeInterval(-60 * minutesAgo))
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path + "/" + name)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
    }
}
