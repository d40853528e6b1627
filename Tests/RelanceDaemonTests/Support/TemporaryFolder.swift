import Foundation

/// A folder that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/relance-daemon-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A folder left behind harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Puts a whole file in place at once, as writers are told to.
    func write(_ text: String, to name: String) throws {
        let place = path + "/" + name
        let folder = (place as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let hidden = folder + "/." + UUID().uuidString
        try Data(text.utf8).write(to: URL(filePath: hidden))
        let past = Date(timeIntervalSinceNow: -600)  // a stamp that can be trusted at once
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o400, .modificationDate: past], ofItemAtPath: hidden)
        guard rename(hidden, place) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
    }
}
