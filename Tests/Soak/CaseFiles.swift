import Foundation
import RelanceCore

/// The export of a case tool: one file a site, each rewritten in its turn and put in place at once.
///
/// Twelve thousand quiet businesses are there from the beginning; new ones come at a steady pace while the line is busy
/// and go an hour after they came. Facts are written down a few minutes ahead of their time, so that what follows from
/// them is late only through the daemon.
struct CaseFiles {
    private let folder: String
    private let pause: Elapsed
    private let quiet: [[String]]
    private var current: [SoakCase] = []
    private var nextOpening: Instant
    private var nextNumber = 0
    private var nextSite = 0
    /// Every case whose opening has been written down.
    private(set) var all: [SoakCase] = []

    /// How far ahead of their time facts are written; more than a round of all sites takes.
    private let ahead: Elapsed

    init(folder: String, casesAnHour: Double, ahead: Elapsed) throws {
        self.folder = folder
        self.ahead = ahead
        pause = .milliseconds(Int64(3_600_000 / casesAnHour))
        nextOpening = SoakClock.start
        quiet = (0..<SoakCase.sites).map { site in
            stride(from: site, to: 12_000, by: SoakCase.sites).map { SoakCase.quiet($0) }
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for site in 0..<SoakCase.sites { try write(site, at: SoakClock.start) }
    }

    /// Lets the line go on to an instant and rewrites the next site's file.
    mutating func writeNext(at now: Instant) throws {
        while nextOpening <= now + ahead {
            if SoakClock.isBusy(at: nextOpening) {
                let item = SoakCase(number: nextNumber, openedAt: nextOpening)
                current.append(item)
                all.append(item)
                nextNumber += 1
            }
            nextOpening = nextOpening + pause
        }
        current.removeAll { $0.openedAt + SoakCase.life < now }
        try write(nextSite, at: now)
        nextSite = (nextSite + 1) % SoakCase.sites
    }

    private func write(_ site: Int, at now: Instant) throws {
        let new = current.filter { $0.site == site }.map { $0.record(knownUntil: now + ahead) }
        let text = "[" + (quiet[site] + new).joined(separator: ",\n") + "]\n"
        let (hidden, place) = (folder + "/.site-\(site)", folder + "/site-\(site).json")
        try Data(text.utf8).write(to: URL(filePath: hidden))
        guard rename(hidden, place) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
