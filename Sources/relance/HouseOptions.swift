import ArgumentParser
import Foundation
import Glibc
import RelanceCore
import RelanceDaemon

/// Where the house is read from: the options every command shares.
struct HouseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file; without it /etc/relance/relance.yaml if there is one, else the defaults.",
            valueName: "file"))
    var config: String?

    var source: House.Source { source(needsCredentials: false) }

    /// For whoever sends, every credential has to be at hand.
    func source(needsCredentials: Bool) -> House.Source {
        let installed = "/etc/relance/relance.yaml"
        return House.Source(
            configuration: config ?? (FileManager.default.fileExists(atPath: installed) ? installed : nil),
            credentialsFolder: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"],
            needsCredentials: needsCredentials,
            shippedTemplates: HouseOptions.shippedTemplates)
    }

    /// The house, or exit 78 with every problem on standard error.
    func load(at now: Instant = .now, needsCredentials: Bool = false) throws -> House {
        try HouseOptions.leaveNoCoreFile()
        do {
            return try House.load(source(needsCredentials: needsCredentials), now: now)
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(78)  // EX_CONFIG
        }
    }

    /// Whoever reads the house holds cases and passwords.
    static func leaveNoCoreFile() throws {
        if let reason = ProcessWalls.leaveNoCoreFile() {
            Terminal.complain("relance: core files cannot be turned off: \(reason)")
            throw ExitCode(77)  // EX_NOPERM
        }
    }

    /// The house for a command that touches the state, which it then does as the state's owner.
    ///
    /// Under `DynamicUser=` the state belongs to a passing account: an administrator's command that left files of root's
    /// there would keep the daemon from starting.
    func loadForState(at now: Instant = .now) throws -> House {
        let loaded = try load(at: now)
        var owner = stat()
        if geteuid() == 0, stat(loaded.configuration.state, &owner) == 0, owner.st_uid != 0 {
            // The way to it (/var/lib/private) is root's alone, so it is entered first.
            guard chdir(loaded.configuration.state) == 0, setegid(owner.st_gid) == 0,
                seteuid(owner.st_uid) == 0
            else {
                Terminal.complain("relance: cannot act as the owner of \(loaded.configuration.state)")
                throw ExitCode(77)  // EX_NOPERM
            }
            return loaded.withState(at: ".")
        }
        return loaded
    }

    /// The templates beside the program: `share/relance/templates` of the prefix it is installed under, else those of
    /// the source tree it was built in.
    private static var shippedTemplates: String {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let installed = program.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("share/relance/templates").path
        if FileManager.default.fileExists(atPath: installed) { return installed }
        var folder = program.deletingLastPathComponent()
        while folder.path != "/" {
            let templates = folder.appendingPathComponent("Templates").path
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
                return templates
            }
            folder.deleteLastPathComponent()
        }
        return installed
    }
}

/// An instant on the command line: RFC 3339 with an offset.
struct InstantArgument: ExpressibleByArgument {
    let instant: Instant

    init?(argument: String) {
        guard let instant = Instant(rfc3339: argument) else { return nil }
        self.instant = instant
    }
}

extension Language: ExpressibleByArgument {}
