import Foundation

/// A day with a fault in it, a life on what was left, and what was wrong then.
struct CrashPointRun: Sendable {
    let fault: SystemCallFault?
    /// The calls that were counted.
    let calls: SystemCallLog
    /// The call that was hit, by name and path; nil when the day was over before.
    let hit: String?
    let status: Int32
    let complaints: [String]
    /// Mails that came twice, and messages nobody can tell of.
    let twice: Int
    let unknown: Int
    /// Everything that was said.
    let story: String

    init(_ fault: SystemCallFault?) async throws {
        let day = try TortureDay()
        defer { day.stop() }
        let first = try await day.firstLife(fault)
        self.fault = fault
        calls = first.log
        hit = first.log.hit
        status = first.end.status
        var complaints: [String] = []
        if let step = first.stuckAt, fault?.letsDayGoOn != false {
            complaints.append("lived on and did not come to: \(step)")
        }
        let wasReady = first.end.errors.contains("ready cases=")
        if let objection = Self.objection(to: status, fault, hit, wasReady) { complaints.append(objection) }

        // A daemon refuses what is not sound, so that its start says what was left.
        var lives: [FinishedProgram] = []
        var verdict: TortureVerdict
        repeat {
            let life = try await day.laterLife(lives.count)
            lives.append(life)
            if life.status != 0 { complaints.append("the next life ended with \(life.status)") }
            verdict = try await TortureVerdict(of: day)
            // On a busy machine the clock runs away from what is on the wire: another hour may be needed.
        } while !verdict.isOver && lives.count < 4
        self.complaints = (complaints + verdict.complaints).map {
            "\(fault?.description ?? "no fault"): \($0)"
        }
        (twice, unknown) = (verdict.twice, verdict.unknown)
        story = """
            hit: \(hit ?? "nothing") of \(first.log.calls.count)
            -- first life, status \(status)
            \(first.end.errors)
            -- then
            \(lives.map(\.testDescription).joined(separator: "--\n"))
            """
    }

    /// What is wrong with how the life ended.
    private static func objection(
        to status: Int32, _ fault: SystemCallFault?, _ hit: String?, _ wasReady: Bool
    ) -> String? {
        guard let fault, let hit else { return status == 0 ? nil : "ended with \(status) and no fault" }
        // Who has the lock is written for people only, and a socket that stays is replaced at the next start.
        let isForPeople =
            hit.hasSuffix("/relance.sock")
            || hit.hasSuffix("/lock") && (hit.hasPrefix("ftruncate") || hit.hasPrefix("write"))
        // The room behind a segment that is full: what is not given back is lost for a while, and nothing else.
        let isForRoom = hit.hasPrefix("ftruncate") && hit.contains("/state/ledger-")
        let allowed: Set<Int32> =
            switch fault.kind {
            case .kill: [128 + SIGKILL]
            // What stays is met by what matters too, if only the life goes on for long enough.
            case .EIO where fault.stays: [0, 73, 74]
            case .EIO where isForPeople: [0]
            case .EIO where isForRoom: [0, 74]
            // Taken at the start, given back at the end.
            case .EIO where hit.hasPrefix("flock"): [0, 74]
            // How much room there is asks a round that SIGTERM may cut short; nothing is written by it.
            case .EIO where hit.hasPrefix("fstatvfs"): [0, 74]
            // The folder itself cannot be used: 73 at a start.
            case .EIO: hit.hasSuffix("/state") ? [73, 74] : [74]
            case .ENOSPC, .halfThenENOSPC: hit.hasSuffix("/state") ? [0, 73, 74] : [0, 74]
            case .halfThenEIO: isForPeople ? [0, 74] : [74]
            // It passes, but for a start.
            case .EMFILE: wasReady ? [0] : [0, 73, 74]
            case .EROFS: isForPeople || isForRoom || fault.stays ? [0, 73, 74] : [73, 74]
            case .ECONNRESET, .EPIPE, .half, .slow: [0]
            }
        return allowed.contains(status) ? nil : "ended with \(status) after \(hit)"
    }
}

/// What a number of days came to.
struct CrashPointTally: Sendable {
    let name: String
    private var runs = 0
    private var points = 0
    private var statuses: [Int32: Int] = [:]
    private var twice = 0
    private var unknown = 0
    private(set) var complaints: [String] = []
    private var violations = 0

    init(name: String) {
        self.name = name
    }

    mutating func note(_ run: CrashPointRun) {
        runs += 1
        if run.hit != nil {
            points += 1
            statuses[run.status, default: 0] += 1
        }
        twice += run.twice
        unknown += run.unknown
        violations += run.complaints.isEmpty ? 0 : 1
        complaints += run.complaints
        // At once: one wants to know while the rest goes on.
        if !run.complaints.isEmpty { print("\(run.complaints.joined(separator: "\n"))\n\(run.story)") }
        if runs.isMultiple(of: 25) { print(summary) }
    }

    mutating func add(_ other: CrashPointTally) {
        runs += other.runs
        points += other.points
        statuses.merge(other.statuses, uniquingKeysWith: +)
        twice += other.twice
        unknown += other.unknown
        violations += other.violations
        complaints += other.complaints
    }

    var summary: String {
        let ends = statuses.sorted { $0.key < $1.key }.map { "\($0.value) with \($0.key)" }
        return """
            \(name): \(points) points in \(runs) runs, ended \(ends.joined(separator: ", ")); \
            \(twice) mails twice, \(unknown) messages unknown, \(violations) violations
            """
    }
}
