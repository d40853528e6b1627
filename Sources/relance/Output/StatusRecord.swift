import Foundation
import RelanceCore
import RelanceDaemon
import RelanceIntake

/// How the house is, as JSON and as a screen.
struct StatusRecord: Encodable {
    var daemon: Daemon?
    var messages: [String: Int]
    /// Messages that wait because a case of theirs cannot be read or is missing.
    var waitingForCases: Int
    var oldestDue: String?
    var held: Bool
    /// The word of why, when everything is held.
    var heldBecause: String?
    /// Why the clock is not believed.
    var clock: String?
    var diskFull: Bool
    var cases: Int
    var casesHeld: Int
    var problems: Int
    var sources: [Source]
    var routes: [Route]
    var failedReload: FailedReload?
    var lastErrors: [String]

    struct Daemon: Encodable {
        var pid: Int32
        var since: String
        /// Why it did not answer: what follows is what its ledger and files tell.
        var silent: String?
    }

    struct Source: Encodable {
        var folder: String
        var cases: Int
        /// When its newest file was written.
        var changed: String?
        var read: String
        var missing: Int
        var of: Int
        var problems: [String]
        /// Since when the copy stands in that is used for a file that is bad now.
        var copyOf: String?
    }

    struct Route: Encodable {
        var name: String
        var accepted: Int
        var lastAt: String?
        var failingSince: String?
        var failing: String?
        var pausedUntil: String?
    }

    struct FailedReload: Encodable {
        var at: String
        var problems: [String]
    }

    init(_ loaded: House, _ state: LedgerState, _ room: CaseRoom, _ daemon: Daemon?, _ status: HouseStatus) {
        func text(_ instant: Instant?) -> String? { instant?.rfc3339(in: loaded.zone) }
        let (sums, routeSums) = (state.sums, state.routes)
        self.daemon = daemon
        messages = sums.counts
        waitingForCases = status.waitingForCases
        oldestDue = text(sums.oldestDue)
        (held, heldBecause) = (state.fence != nil, state.fenceReason?.rawValue)
        (clock, diskFull) = (status.clock, status.isDiskFull)
        (cases, casesHeld, problems) = (room.cases.count, room.held.count, room.problems.count)
        sources = status.sources.map { source in
            Source(
                folder: source.folder, cases: source.cases, changed: text(newestFile(in: source.folder)),
                read: source.readAt.rfc3339(in: loaded.zone), missing: source.missing, of: source.of,
                problems: source.problems, copyOf: text(source.copyOf))
        }
        let names = Set(loaded.configuration.routes.keys).union(status.routes.map(\.name))
        routes = names.sorted().map { name in
            let (known, now) = (routeSums[name], status.routes.first { $0.name == name })
            return Route(
                name: name, accepted: known?.accepted ?? 0, lastAt: text(known?.lastAcceptedAt),
                failingSince: text(now?.failingSince), failing: now?.failure,
                pausedUntil: text(now?.pausedUntil))
        }
        failedReload = status.failedReload.map {
            FailedReload(at: $0.at.rfc3339(in: loaded.zone), problems: $0.problems)
        }
        let errors = state.messages.values.compactMap { message in
            message.lastFailure.map {
                ($0.at, "\(message.plan.kind.rawValue) \(message.key): \($0.detail)")
            }
        }
        lastErrors = errors.sorted { $0.0 > $1.0 }.prefix(5).map { at, error in
            "\(at.rfc3339(in: loaded.zone)) \(error)"
        }
    }
}

/// When the newest file of cases in a folder was written; nil when there is none.
private func newestFile(in folder: String) -> Instant? {
    // What is wrong with it stands among the problems.
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
        .compactMap { file in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + file)
            let date = attributes?[.modificationDate] as? Date
            return date.map { Instant(seconds: Int64($0.timeIntervalSince1970)) }
        }
        .max()
}

// MARK: - As a screen

extension StatusRecord {
    var lines: [String] {
        (daemonLines + messageLines + sources.flatMap(\.lines) + routes.flatMap(\.lines) + brakeLines
            + lastErrors.map { "error      " + Terminal.styled($0, .yellow) })
    }

    private var daemonLines: [String] {
        guard let daemon else { return [Terminal.styled("not running", .red)] }
        let line = Terminal.styled("running", .green) + "  pid \(daemon.pid), since \(daemon.since)"
        guard let silent = daemon.silent else { return [line] }
        return [
            line, warning("           it does not answer: \(silent)"),
            "           what follows is what its ledger and the files tell",
        ]
    }

    private var messageLines: [String] {
        let counts = messages.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        var lines = ["messages   " + (counts.isEmpty ? "none" : counts.joined(separator: ", "))]
        if waitingForCases > 0 {
            lines.append(
                warning("           \(waitingForCases) of them wait: a case cannot be read or is missing"))
        }
        return lines + [
            "oldest due " + (oldestDue ?? "nothing is waiting"),
            "cases      \(cases), \(casesHeld) held, \(problems) problems in their files",
        ]
    }

    private var brakeLines: [String] {
        var lines: [String] = []
        if let fence = heldBecause.flatMap(FenceReason.init) {
            let held = fence.isBrake ? "messages are held: " : "all sends are held: "
            lines.append("brake      " + warning(held + fence.sentence))
            lines.append("           let them go: relance resume --by NAME --reason TEXT")
        }
        if let clock { lines.append("clock      " + warning("nothing is sent: \(clock)")) }
        if diskFull { lines.append("disk       " + warning("full: nothing new leaves until there is room")) }
        if let failedReload {
            lines.append("reload     " + warning("failed at \(failedReload.at), the old one stays in use:"))
            lines += failedReload.problems.map { "           \($0)" }
        }
        return lines
    }

    private func warning(_ text: String) -> String { Terminal.styled(text, .yellow) }
}

extension StatusRecord.Source {
    fileprivate var lines: [String] {
        let written = changed.map { "last written \($0)" } ?? "no file"
        var lines = ["source     \(folder): \(cases) cases, read \(read), \(written)"]
        if missing > 0 {
            let lost = "\(missing) of \(of) cases are missing: nothing of theirs is cancelled"
            lines.append("           " + Terminal.styled(lost, .yellow))
            lines.append("           they are gone indeed: relance source accept --by NAME --reason TEXT")
        }
        lines += problems.map { "           " + Terminal.styled($0, .yellow) }
        if let copyOf { lines.append("           the copy read at \(copyOf) is used in its place") }
        return lines
    }
}

extension StatusRecord.Route {
    fileprivate var lines: [String] {
        var lines = ["route      \(name): \(accepted) accepted" + (lastAt.map { ", last \($0)" } ?? "")]
        if let failingSince {
            let words = "failing since \(failingSince): \(failing ?? "")"
            lines.append("           " + Terminal.styled(words, .yellow))
        }
        if let pausedUntil {
            lines.append("           " + Terminal.styled("paused until \(pausedUntil)", .yellow))
        }
        return lines
    }
}
