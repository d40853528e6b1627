import Foundation

/// The files beside these tests.
enum Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().path() + "/Fixtures"

    /// The presets that are shipped.
    static let gateways = folder + "/../../../../Config/gateways"

    static func path(_ name: String) -> String { folder + "/" + name }

    static var names: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // a test looks at the names
    }

    /// Runs with a new folder that is gone afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears what is left
        return try body(folder.path())
    }

    static func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
