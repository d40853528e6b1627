import ArgumentParser
import Foundation
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Ledger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The state on disk.", subcommands: [Verify.self, Compact.self, Export.self, Repair.self])

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every record of every file and say whether a start would accept them.",
            discussion: "Changes nothing; exit status 65 when the ledger is damaged.")

        @OptionGroup var house: HouseOptions
        @Flag(help: "One JSON object.")
        var json = false

        private struct Record: Encodable {
            var sound: Bool
            var segments: Int
            var snapshots: Int
            var records: Int
            var messages: Int
            var problems: [String]
            var warnings: [String]
        }

        func run() async throws {
            let found = try withStoreErrors {
                LedgerVerification(
                    try StateDirectory(path: try house.loadForState().configuration.state, isMade: false))
            }
            let record = Record(
                sound: found.isSound, segments: found.segments, snapshots: found.snapshots,
                records: found.records,
                messages: found.messages, problems: found.problems.map(\.description),
                warnings: found.warnings)
            if json {
                try JSONLine.print(record)
            } else {
                for problem in record.problems { Terminal.complain("\(problem)") }
                for warning in record.warnings { Terminal.complain("warning: \(warning)") }
                Terminal.say(
                    "\(record.sound ? "sound" : "damaged"): \(record.segments) segments, \(record.snapshots) snapshots, "
                        + "\(record.records) records, \(record.messages) messages")
            }
            if !record.sound { throw ExitCode(65) }  // EX_DATAERR
        }
    }

    struct Compact: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a snapshot and remove what it replaces.",
            discussion: "Takes the daemon's lock, so the daemon must be stopped; it compacts by itself.")

        @OptionGroup var house: HouseOptions

        func run() async throws {
            let loaded = try house.loadForState()
            let report = try await withStoreErrors {
                let ledger = try LedgerFile(
                    try StateDirectory(path: loaded.configuration.state), clock: .machine)
                let report = try await ledger.compact(
                    retention: LedgerRetention(keys: .days(Int64(loaded.configuration.ledger.rememberDays))))
                try await ledger.close()
                return report
            }
            Terminal.say(
                "\(report.entries) entries in \(report.bytes) bytes; removed \(report.removedFiles.count) files"
            )
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every entry that is still needed, one JSON object a line.",
            discussion: "Changes nothing.")

        @OptionGroup var house: HouseOptions

        func run() async throws {
            try withStoreErrors {
                try LedgerFile.export(
                    try StateDirectory(path: try house.loadForState().configuration.state, isMade: false)
                ) { line in
                    FileHandle.standardOutput.write(Data(line))
                }
            }
        }
    }

    struct Repair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set damaged records aside and go on with what can be trusted.",
            discussion: """
                Only ever asked for by a person, with the daemon stopped. Copies of all files are kept; what may have \
                been sent stays sent, and what is in doubt waits for a person.
                """)

        @OptionGroup var house: HouseOptions
        @Flag(help: "Yes, set damaged records aside.")
        var quarantine = false

        func run() async throws {
            guard quarantine else { throw ValidationError("say --quarantine: damaged records are set aside") }
            let loaded = try house.loadForState()
            let repair = try withStoreErrors {
                try LedgerRepair(
                    try StateDirectory(path: loaded.configuration.state, isMade: false), at: .now)
            }
            guard let quarantine = repair.quarantine else { return Terminal.say("sound: nothing to repair") }
            Terminal.say(
                "\(repair.recordsKept) records kept, \(repair.linesLost) lines lost; the files as they were: \(quarantine)"
            )
            for key in repair.waiting { Terminal.say("waits for a person: \(key)") }
        }
    }
}

/// Runs something that touches the ledger; its errors end the command with their sysexits status.
func withStoreErrors<T>(_ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch let error as StoreError {
        Terminal.complain("relance: \(error)")
        throw ExitCode(error.exitStatus)
    }
}

func withStoreErrors<T>(_ body: () async throws -> T) async throws -> T {
    do {
        return try await body()
    } catch let error as StoreError {
        Terminal.complain("relance: \(error)")
        throw ExitCode(error.exitStatus)
    }
}
