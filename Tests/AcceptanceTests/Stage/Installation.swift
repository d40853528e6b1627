import Foundation
import RelanceTestSupport

/// Relance in a temporary folder of its own: a configuration, people and cases, and the built program to run on them.
///
/// Black box: it knows the program's files, words and exit statuses, and none of its types. The folder goes with it.
final class Installation: Sendable {
    let folder: String
    /// The configuration file every command is given.
    let configuration: String

    /// The root of the source tree.
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    /// The program as built beside the running tests, or the one that RELANCE_PROGRAM names.
    static let program =
        ProcessInfo.processInfo.environment["RELANCE_PROGRAM"]
        ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "relance").path

    /// An empty one; `configuration` is the file's place in it.
    init(configuration: String = "relance.yaml") throws {
        let temporary = URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
        folder = temporary + "/relance-acceptance-" + UUID().uuidString.prefix(8)
        self.configuration = folder + "/" + configuration
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// Everything the repository has for the demonstration, in the same places.
    static func demonstration() throws -> Installation {
        let house = try Installation(configuration: "Config/demo/relance.yaml")
        try house.makeFolder("Config")
        try house.makeFolder(".relance/demo")
        try FileManager.default.copyItem(
            atPath: sources + "/Config/demo", toPath: house.folder + "/Config/demo")
        return house
    }

    deinit {
        // A folder left behind harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Files

    /// Writes a file, and the folders it is in.
    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        try write(Data(text.utf8), to: name, mode: mode)
    }

    func write(_ data: Data, to name: String, mode: Int = 0o644) throws {
        let file = URL(filePath: folder + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    /// Puts a whole file in another's place at once, as those who write cases are told to.
    func replace(_ text: String, in name: String) throws {
        try write(text, to: name + ".new")
        guard rename(folder + "/" + name + ".new", folder + "/" + name) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    func makeFolder(_ name: String, mode: Int = 0o755) throws {
        try FileManager.default.createDirectory(
            atPath: folder + "/" + name, withIntermediateDirectories: true,
            attributes: [.posixPermissions: mode])
    }

    func read(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: folder + "/" + name))
    }

    /// The names in a folder, sorted; none when there is no such folder.
    func names(in name: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder + "/" + name) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder + "/" + name).sorted()
    }

    // MARK: The program

    /// What every command finds; a program built with a sanitizer finds that one's options as well.
    private static let environment = [
        "PATH": "/usr/bin:/bin", "LANG": "fr_FR.UTF-8",
    ].merging(ProcessInfo.processInfo.environment.filter { $0.key == "ASAN_OPTIONS" }) { $1 }

    /// Starts a command on this configuration, or on another one, with more in its environment.
    func start(
        _ arguments: [String], configuration: String? = nil, environment: [String: String] = [:]
    ) throws -> RunningProgram {
        try RunningProgram(
            Self.program, arguments + ["--config", configuration ?? self.configuration],
            environment: Installation.environment.merging(environment) { $1 },
            folder: folder)
    }

    /// Runs a command to its end.
    func relance(_ arguments: String...) async throws -> FinishedProgram {
        try await start(arguments).end()
    }

    /// What `ledger verify --json` says.
    func verifyLedger(configuration: String? = nil) async throws -> LedgerVerdict {
        let verdict = try await start(["ledger", "verify", "--json"], configuration: configuration).end()
        return try JSONDecoder().decode(LedgerVerdict.self, from: Data(verdict.output.utf8))
    }
}

/// What `ledger verify --json` says.
struct LedgerVerdict: Decodable, Sendable {
    var sound: Bool
    var records: Int
    var messages: Int
    var problems: [String]
    var warnings: [String]
}
