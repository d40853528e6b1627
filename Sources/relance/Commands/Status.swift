import ArgumentParser
import Foundation
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One screen: alive, queue, oldest due, routes, sources, last errors.")

    @OptionGroup var house: HouseOptions
    @Flag(help: "One JSON object.")
    var json = false

    private struct Record: Encodable {
        var daemon: Daemon?
        var messages: [String: Int]
        var oldestDue: String?
        var held: Bool
        /// The word of why, when everything is held.
        var heldBecause: String?
        var cases: Int
        var casesHeld: Int
        var problems: Int
        var sources: [Source]
        var routes: [Route]
        var lastErrors: [String]

        struct Daemon: Encodable {
            var pid: Int32
            var since: String
        }

        struct Source: Encodable {
            var folder: String
            /// When its newest file was written.
            var changed: String?
        }

        struct Route: Encodable {
            var name: String
            var accepted: Int
            var lastAt: String?
            /// What went wrong on it since, if something did.
            var failing: String?
        }

        enum CodingKeys: String, CodingKey {
            case daemon, messages, held, cases, problems, sources, routes
            case oldestDue = "oldest_due"
            case heldBecause = "held_because"
            case casesHeld = "cases_held"
            case lastErrors = "last_errors"
        }
    }

    func run() async throws {
        let loaded = try house.loadForState()
        let reading = try withStoreErrors { try LedgerReading(path: loaded.configuration.state) }
        let record = self.record(loaded, reading)
        if json {
            try JSONLine.print(record)
        } else {
            show(record)
        }
    }

    private func record(_ loaded: House, _ reading: LedgerReading?) -> Record {
        let room = CaseRoom(loaded, now: .now)
        let state = reading?.contents.state ?? LedgerState()
        let sums = state.sums
        var errors: [(at: Instant, text: String)] = []
        var accepted: [String: (count: Int, at: Instant)] = [:]
        var failures: [String: LedgerMessage.Failure] = [:]
        for message in state.messages.values {
            if let failure = message.lastFailure {
                errors.append(
                    (failure.at, "\(message.plan.kind.rawValue) \(message.key): \(failure.detail)"))
            }
            guard let last = message.lastAttempt else { continue }
            switch message.phase {
            case .sent, .delivered, .undelivered:
                let before = accepted[last.route] ?? (0, last.at)
                accepted[last.route] = (before.count + 1, max(before.at, last.at))
            default:
                guard let failure = message.lastFailure, failure.at >= last.at,
                    failures[last.route].map({ $0.at < failure.at }) ?? true
                else { continue }
                failures[last.route] = failure
            }
        }
        return Record(
            daemon: reading?.holder.map { Record.Daemon(pid: $0.pid, since: $0.since) },
            messages: sums.counts,
            oldestDue: sums.oldestDue?.rfc3339(in: loaded.zone), held: state.fence != nil,
            heldBecause: state.fenceReason?.rawValue,
            cases: room.cases.count,
            casesHeld: room.held.count, problems: room.problems.count,
            sources: loaded.configuration.sources.caseFolders.map { folder in
                Record.Source(folder: folder, changed: newest(in: folder)?.rfc3339(in: loaded.zone))
            },
            routes: loaded.configuration.routes.keys.sorted().map { name in
                let failure = failures[name].flatMap { $0.at > accepted[name]?.at ?? .distantPast ? $0 : nil }
                return Record.Route(
                    name: name, accepted: accepted[name]?.count ?? 0,
                    lastAt: accepted[name]?.at.rfc3339(in: loaded.zone),
                    failing: failure.map { "\($0.at.rfc3339(in: loaded.zone)) \($0.detail)" })
            },
            lastErrors: errors.sorted { $0.at > $1.at }.prefix(5).map {
                "\($0.at.rfc3339(in: loaded.zone)) \($0.text)"
            })
    }

    /// When the newest file of cases in a folder was written; nil when there is none.
    private func newest(in folder: String) -> Instant? {
        // `cases` says what is wrong
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
            .compactMap { file in
                let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + file)
                let date = attributes?[.modificationDate] as? Date
                return date.map { Instant(seconds: Int64($0.timeIntervalSince1970)) }
            }
            .max()
    }

    private func show(_ record: Record) {
        if let daemon = record.daemon {
            Terminal.say(Terminal.styled("running", .green) + "  pid \(daemon.pid), since \(daemon.since)")
        } else {
            Terminal.say(Terminal.styled("not running", .red))
        }
        let counts = record.messages.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        Terminal.say("messages   " + (counts.isEmpty ? "none" : counts.joined(separator: ", ")))
        Terminal.say("oldest due " + (record.oldestDue ?? "nothing is waiting"))
        Terminal.say(
            "cases      \(record.cases), \(record.casesHeld) held, \(record.problems) problems in their files"
        )
        for source in record.sources {
            Terminal.say(
                "source     \(source.folder): " + (source.changed.map { "last written \($0)" } ?? "no file"))
        }
        for route in record.routes {
            Terminal.say(
                "route      \(route.name): \(route.accepted) accepted"
                    + (route.lastAt.map { ", last \($0)" } ?? ""))
            if let failing = route.failing {
                Terminal.say("           " + Terminal.styled("failing since: \(failing)", .yellow))
            }
        }
        if let fence = record.heldBecause.flatMap(FenceReason.init) {
            let held = fence.isBrake ? "messages are held: " : "all sends are held: "
            Terminal.say("brake      " + Terminal.styled(held + fence.sentence, .yellow))
            Terminal.say("           let them go: relance resume --by NAME --reason TEXT")
        }
        for error in record.lastErrors { Terminal.say("error      " + Terminal.styled(error, .yellow)) }
    }
}
