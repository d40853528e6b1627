import CurlClient
import Foundation
import RelanceCore
import RelanceStore

/// One soak from its first case to its verdict.
///
/// Three lives end by kill -9 in the first third; the fourth is the long one, whose memory, descriptors and threads are
/// judged once it is warm. Every quarter of a minute a reading, every two minutes a reload, each fourth of them bad.
@MainActor final class SoakExperiment {
    private let house: SoakProgram
    private let peers: Peers
    private let clock: SoakClock
    private let length: Duration
    private var files: CaseFiles
    private var readings: [ProcessReading] = []
    /// What a fresh life needs for the same ledger and cases: what the long one needs above it, it leaks or caches.
    private var freshMiB = 0.0
    private var findings: SoakFindings?
    private var complaints: [String] = []
    private var lifeBegan = Duration.zero
    private var reloads = 0
    /// While it was dead or coming up; nobody calls a message late that was due then.
    private var downtimes: [Range<Instant>] = []

    /// A file every quarter of a second: a round of all takes five.
    private static let pace = Duration.milliseconds(250)

    /// What a life is given to come up before it is looked at or disturbed.
    private static let settling = Duration.seconds(15)

    // What counts as kept.
    private static let latest = Duration.seconds(2)
    private static let slope = 1.0
    /// What one message costs in memory for as long as the ledger remembers its details, by measure.
    private static let mostKiBAMessage = 1.5
    private static let drift = 2

    init(house: SoakProgram, peers: Peers, clock: SoakClock, length: Duration, casesAnHour: Double) throws {
        (self.house, self.peers, self.clock, self.length) = (house, peers, clock, length)
        files = try CaseFiles(
            folder: house.folder + "/cases", casesAnHour: casesAnHour,
            ahead: .milliseconds(Int64(10_000 * clock.speed)))
    }

    /// What was not kept.
    func run() async throws -> [String] {
        let pool = try receiptsPool()
        try await start()
        var kills = [0.1, 0.2, 0.3].map { length * $0 }
        var (nextReading, nextLine, nextReload) = (
            Duration.seconds(10), Duration.seconds(60), Duration.seconds(90)
        )
        while clock.elapsed < length {
            try files.writeNext(at: clock.now)
            await peers.callReceipts(pool, route: "texts", token: house.token)
            if let kill = kills.first, clock.elapsed >= kill {
                kills.removeFirst()
                house.killNine()
                readings = []
                let now = clock.now
                downtimes.append(
                    now..<now
                        + .milliseconds(
                            Int64(SoakExperiment.settling / .milliseconds(1) * clock.speed)))
                try await start()
            }
            let isSettled = clock.elapsed > lifeBegan + SoakExperiment.settling
            if clock.elapsed >= nextReload, isSettled {
                nextReload += .seconds(120)
                reloads += 1
                if reloads % 4 == 2 {
                    try house.writeBadConfiguration()
                } else {
                    try house.writeConfiguration(number: reloads)
                }
                house.reload()
            }
            if clock.elapsed >= nextReading, isSettled {
                nextReading += .seconds(10)
                if let reading = ProcessReading(of: house.pid, at: clock.elapsed) { readings.append(reading) }
            }
            if clock.elapsed >= nextLine {
                nextLine += .seconds(60)
                look()
                sayWhereItStands()
            }
            guard house.isRunning else {
                return complaints + ["the program ended by itself:\n\(house.lastWords)"]
            }
            try await Task.sleep(for: SoakExperiment.pace)
        }
        stop()
        try await start()
        try await Task.sleep(for: SoakExperiment.settling)
        freshMiB = ProcessReading(of: house.pid, at: clock.elapsed)?.residentMiB ?? 0
        stop()
        await pool.shutdown()
        look()
        judge()
        return complaints
    }

    private func start() async throws {
        lifeBegan = clock.elapsed
        try house.writeConfiguration(number: reloads)  // a bad one would keep it from starting, as it should
        try await house.start(at: clock.now, speed: clock.speed)
    }

    private func stop() {
        let status = house.stop()
        if status != 0 { complaints.append("SIGTERM ended in status \(status):\n\(house.lastWords)") }
    }

    private func receiptsPool() throws -> CurlPool {
        CurlPool(
            try CurlRoute(.http, host: "127.0.0.1", port: house.receiptsPort, tls: .clearTextOnLoopback))
    }

    /// Reads the ledger as it lies and compares it with what has arrived.
    private func look() {
        do {
            let reading = try LedgerReading(
                path: house.statePath, into: LedgerHistory(of: .everything))
            guard let contents = reading?.contents else { return }
            // Arrivals after the ledger: what it calls sent has arrived before.
            findings = SoakFindings(
                contents.history, mails: peers.arrivedMails(), texts: peers.arrivedTexts(), cases: files.all,
                downtimes: downtimes, speed: clock.speed, now: contents.state.lastInstant ?? clock.now,
                isOver: !house.isRunning)
            if !contents.illegal.isEmpty { complaints.append("the ledger holds \(contents.illegal)") }
        } catch {
            complaints.append("the ledger cannot be read: \(error)")
        }
    }

    // MARK: - Words

    private func sayWhereItStands() {
        guard let findings, let reading = readings.last else { return }
        say(
            "\(minutes(clock.elapsed)) min  life \(house.lives)  \(clock.now)  rss \(tenths(reading.residentMiB)) MiB"
                + "  fds \(reading.descriptors)  threads \(reading.threads)"
                + "  cpu \(tenths(reading.cpu / .seconds(1))) s  ledger \(tenths(ledgerMiB)) MiB"
                + "  planned \(findings.planned)  sent \(findings.sent)  open \(findings.open)"
                + "  unknown \(findings.unknown)  receipts \(peers.receiptsGiven)  faults \(peers.faults)"
                + "  late p50 \(milliseconds(findings.lateness(percentile: 50)))"
                + " p99 \(milliseconds(findings.lateness(percentile: 99))) ms"
                + "  slope \(tenths(warm.residentSlopePerHour)) MiB/h  drift \(warm.drift(of: \.descriptors)) fds"
                + " \(warm.drift(of: \.threads)) threads  lost \(findings.lost.count)  duplicates \(findings.duplicates.count)"
        )
    }

    /// The readings of the long life once it has everything in memory that it will ever need at once.
    private var warm: [ProcessReading] { Array(readings.dropFirst(max(6, readings.count / 5))) }

    private func judge() {
        guard let findings else {
            complaints.append("there is no ledger")
            return
        }
        let slope = warm.residentSlopePerHour
        let hours = warm.isEmpty ? 0 : (warm[warm.count - 1].at - warm[0].at) / .seconds(3600)
        let rate = Double(findings.planned) / (clock.elapsed / .seconds(3600))
        let kibAMessage = rate > 0 ? slope * 1024 / rate : 0
        say(
            """
            verdict
              messages    \(findings.planned) planned, \(findings.sent) sent, \(findings.open) open, \
            \(findings.unknown) unknown; \(findings.ambiguousEnds) ambiguous ends, \(findings.twice) mails twice; \
            \(peers.faults) faults
              receipts    \(peers.receiptsGiven) taken, \(peers.receiptsRefused) refused
              memory      \(tenths(slope)) MiB/h over \(minutes(.seconds(hours * 3600))) warm minutes, \
            \(tenths(kibAMessage)) KiB a message remembered; \(tenths(readings.last?.residentMiB ?? 0)) MiB at the end, \
            \(tenths(freshMiB)) in a fresh life
              descriptors \(warm.drift(of: \.descriptors)) more, threads \(warm.drift(of: \.threads)) more
              lateness    p50 \(milliseconds(findings.lateness(percentile: 50))) ms, \
            p99 \(milliseconds(findings.lateness(percentile: 99))) ms, \
            most \(milliseconds(findings.lateness.last ?? .zero)) ms, of \(findings.lateness.count)
              lost \(findings.lost.count), duplicates outside the window \(findings.duplicates.count)
            """)
        complaints += findings.lost.prefix(20) + findings.duplicates.prefix(20)
        if slope > SoakExperiment.slope, kibAMessage > SoakExperiment.mostKiBAMessage {
            complaints.append("memory grows by \(tenths(slope)) MiB/h, \(tenths(kibAMessage)) KiB a message")
        }
        if abs(warm.drift(of: \.descriptors)) > SoakExperiment.drift {
            complaints.append("descriptors drift by \(warm.drift(of: \.descriptors))")
        }
        if warm.drift(of: \.threads) != 0 {
            complaints.append("threads drift by \(warm.drift(of: \.threads))")
        }
        if findings.lateness(percentile: 99) > SoakExperiment.latest {
            complaints.append("one message in a hundred leaves later than \(SoakExperiment.latest)")
        }
        if peers.receiptsRefused > 0 { complaints.append("\(peers.receiptsRefused) receipts were refused") }
    }

    private var ledgerMiB: Double {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: house.statePath)) ?? []
        let sizes = names.compactMap { name in
            (try? FileManager.default.attributesOfItem(atPath: house.statePath + "/" + name))?[.size] as? Int
        }
        return Double(sizes.reduce(0, +)) / 1_048_576
    }

    private func minutes(_ duration: Duration) -> String { tenths(duration / .seconds(60)) }
    private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
    private func tenths(_ value: Double) -> String { String(format: "%.1f", value) }
}
