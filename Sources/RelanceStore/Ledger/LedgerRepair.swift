// Repairs a damaged ledger, only when somebody asks for it.
//
// What can still be proved is kept: every record whose seal follows from the line before it. The files are copied aside
// first, as they are. What was lost may have been anything, so the repair errs towards silence:
// - a message whose acceptance is still recorded anywhere stays settled, whatever else about it is gone;
// - a key that is named anywhere stays taken, so that its duty is not done again;
// - an objection that can be read anywhere counts, and so does an address that was found dead;
// - a message that is still open is held, or unknown when it was being sent: a person decides;
// - the whole ledger is fenced, since a duty may have been planned and done in the part that was lost.

import RelanceCore

/// What a repair did.
package struct LedgerRepair: Sendable {
    /// The folder with copies of all files as they were; nil when there was nothing to repair.
    package let quarantine: String?
    package let recordsKept: Int
    package let linesLost: Int
    /// Open messages that now wait for a person.
    package let waiting: [MessageKey]

    /// Repairs the ledger of a directory nobody else uses; one that can be read is left alone.
    package init(_ directory: StateDirectory, at now: Instant) throws(StoreError) {
        let lock = try LedgerLock(directory, startedAt: now)
        let repair = Result { () throws(StoreError) in try LedgerRepair(locked: directory, at: now) }
        lock.release()
        self = try repair.get()
    }

    private init(locked directory: StateDirectory, at now: Instant) throws(StoreError) {
        guard try Self.isDamaged(directory) else {
            (quarantine, recordsKept, linesLost, waiting) = (nil, 0, 0, [])
            return
        }
        let salvage = try LedgerSalvage(directory)
        let mended = try salvage.mended(at: now)
        let time = now.rfc3339UTCMilliseconds.filter { $0 != ":" }
        let aside = try directory.subdirectory("quarantine-\(time)")
        for file in salvage.files {
            try aside.replace(file, with: try directory.read(file))
        }
        try Self.write(mended, of: salvage, to: directory)
        for file in salvage.files {
            try directory.unlink(file)
        }
        try directory.sync()
        quarantine = aside.path
        recordsKept = salvage.proved.count
        linesLost = salvage.linesLost
        waiting = mended.state.open.sorted()
    }

    private static func isDamaged(_ directory: StateDirectory) throws(StoreError) -> Bool {
        do throws(StoreError) {
            _ = try LedgerContents.read(directory)
            return false
        } catch .damaged {
            return true
        }
    }

    /// A snapshot and an empty segment with numbers behind all that were ever used; a start in between sees damage still.
    private static func write(
        _ mended: LedgerHistory, of salvage: LedgerSalvage, to directory: StateDirectory
    ) throws(StoreError) {
        let last = mended.state.lastSequence + 1
        let snapshot = LedgerSnapshot(
            instance: salvage.instance, lastSequence: last, lastInstant: mended.state.lastInstant,
            lastTime: mended.state.lastTime, lastSeal: 0)
        _ = try snapshot.write(to: directory) { (writer) throws(StoreError) in
            for entry in mended.liveEntries { try writer.write(entry) }
        }
        let header = LedgerHeader(
            instance: salvage.instance, segment: salvage.lastSegment + 1, previousSequence: last,
            previousSeal: 0)
        try directory.replace(LedgerFormat.segmentName(firstSequence: last + 1), with: header.line)
    }
}
