import RelanceCore

// All cases of all sources, side by side (design 8, reliability 2.8).
//
// A reference in two files is a conflict: neither is used, both are told, the case is held. A case that is refused is
// held as well. A held case is neither open nor closed: nothing new leaves for it, nothing planned is cancelled.
//
// A case that is no longer in its source is gone, unless many go at once: when a source is missing or empty, or lacks
// more than 30 % and more than five of its cases, somebody has broken the feed and not closed the cases. They then stay
// as they were last seen until they come back or somebody accepts that they are gone.
//
// What the ledger recalls of the sources counts as well: so a start tells what went missing while nobody was at work. Of
// such a case nothing but its reference is known, and all it can do is wait. While a file cannot be read that was never
// read since the start, a recalled case may be in it, and stays.

/// Why a case is held.
package enum HeldReason: Hashable, Sendable {
    case refused(RecordPlace)
    case conflict([RecordPlace])

    fileprivate var places: [RecordPlace] {
        switch self {
        case .refused(let place): [place]
        case .conflict(let places): places
        }
    }
}

/// What an update did, by reference, each list in order.
package struct CaseChanges: Hashable, Sendable {
    /// New, or read otherwise than before.
    package var changed: [CaseReference] = []
    package var gone: [CaseReference] = []
    /// Held since this update.
    package var held: [CaseReference] = []

    package init(changed: [CaseReference] = [], gone: [CaseReference] = [], held: [CaseReference] = []) {
        self.changed = changed
        self.gone = gone
        self.held = held
    }
}

/// More cases went missing from a source than anybody closes at once.
package struct Disappearance: Hashable, Sendable {
    package let source: String
    package let missing: Int
    package let of: Int

    package init(source: String, missing: Int, of: Int) {
        self.source = source
        self.missing = missing
        self.of = of
    }
}

/// The cases as last read, in the order of their references, with those held and all problems.
package struct CaseRegister: Sendable {
    package private(set) var records: [CaseRecord] = []
    package private(set) var held: [CaseReference: HeldReason] = [:]
    package private(set) var problems: [IntakeProblem] = []
    /// Sources whose missing cases stand as last seen.
    package private(set) var disappearances: [Disappearance] = []
    /// Which source each file belongs to.
    private var sourceOfFile: [String: String] = [:]
    /// References that stay although their source lacks them.
    package private(set) var missing: Set<CaseReference> = []
    /// What was known before and no reading has shown yet, in the order of the references.
    private var recalled: [Recalled] = []

    private struct Recalled {
        var ref: CaseReference
        var source: String
    }

    /// `sources` are the cases each source was known to hold before.
    package init(recalling sources: [String: Set<CaseReference>] = [:]) {
        recalled = sources.flatMap { source, refs in refs.map { Recalled(ref: $0, source: source) } }
            .sorted { $0.ref < $1.ref }
    }

    /// The cases each source is known to hold, those that are held or missing included.
    package var casesOfSources: [String: Set<CaseReference>] {
        var cases: [String: Set<CaseReference>] = [:]
        for record in records {
            cases[source(ofFile: record.place.file), default: []].insert(record.openCase.ref)
        }
        for (ref, reason) in held {
            guard let place = reason.places.first else { continue }
            cases[source(ofFile: place.file), default: []].insert(ref)
        }
        for one in recalled { cases[one.source, default: []].insert(one.ref) }
        return cases
    }

    private func source(ofFile file: String) -> String { sourceOfFile[file] ?? file }

    package subscript(ref: CaseReference) -> CaseRecord? {
        records.holds(ref) ? records[records.index(of: ref)] : nil
    }

    /// Takes what all sources hold now; the list is whole, a source that is not in it is missing.
    package mutating func update(with readings: [FolderReading]) -> CaseChanges {
        for reading in readings {
            for batch in reading.batches { sourceOfFile[batch.file] = reading.source }
        }
        var next = Gathering(readings.flatMap(\.batches))
        problems = readings.flatMap(\.problems) + next.problems
        let isWhole = readings.allSatisfy(\.isWhole)
        return replace(with: &next, isWhole: isWhole)
    }

    /// Lets go of the cases that are missing, because somebody said so.
    package mutating func acceptDisappearances() -> CaseChanges {
        let gone = missing.sorted()
        records.removeAll { missing.contains($0.openCase.ref) }
        for ref in gone { held[ref] = nil }
        (missing, recalled) = ([], [])
        disappearances = []
        return CaseChanges(gone: gone)
    }

    private mutating func replace(with next: inout Gathering, isWhole: Bool) -> CaseChanges {
        var changes = CaseChanges()
        let lacking = lacking(in: next)
        disappearances = lacking.filter(\.value.isSuspicious).map { source, lack in
            Disappearance(source: source, missing: lack.refs.count, of: lack.known)
        }.sorted { $0.source < $1.source }
        var kept: Set<CaseReference> = []
        for lack in lacking.values {
            if lack.isSuspicious {
                kept.formUnion(lack.refs)
            } else {
                changes.gone.append(contentsOf: lack.refs)
            }
        }
        if !isWhole {
            kept.formUnion(recalled.map(\.ref).filter { !next.records.holds($0) && next.held[$0] == nil })
            changes.gone.removeAll { kept.contains($0) }
        }
        for ref in kept { if let reason = held[ref] { next.held[ref] = reason } }
        var merged = next.records
        if !kept.isEmpty {
            merged += records.filter { kept.contains($0.openCase.ref) }
            merged.sort { $0.openCase.ref < $1.openCase.ref }
        }
        changes.changed = Self.changed(from: records, to: merged)
        changes.held = next.held.keys.filter { held[$0] == nil }.sorted()
        changes.gone.sort()
        recalled.removeAll { !kept.contains($0.ref) }
        (records, held, missing) = (merged, next.held, kept)
        return changes
    }

    private struct Lack {
        var known = 0
        var refs: [CaseReference] = []

        var isSuspicious: Bool {
            !refs.isEmpty && (refs.count == known || refs.count > 5 && refs.count * 10 > known * 3)
        }
    }

    /// For each source, the cases it had and has no more.
    private func lacking(in next: Gathering) -> [String: Lack] {
        var lacks: [String: Lack] = [:]
        func count(_ ref: CaseReference, _ source: String, isThere: Bool) {
            lacks[source, default: Lack()].known += 1
            if !isThere, next.held[ref] == nil { lacks[source]?.refs.append(ref) }
        }
        var index = 0
        /// Asked in the order of the references.
        func isThere(_ ref: CaseReference) -> Bool {
            while index < next.records.count, next.records[index].openCase.ref < ref { index += 1 }
            return index < next.records.count && next.records[index].openCase.ref == ref
        }
        for record in records {
            let ref = record.openCase.ref
            count(ref, source(ofFile: record.place.file), isThere: isThere(ref))
        }
        index = 0
        for one in recalled { count(one.ref, one.source, isThere: isThere(one.ref)) }
        for (ref, reason) in held {
            guard let place = reason.places.first else { continue }
            count(ref, source(ofFile: place.file), isThere: next.records.holds(ref))
        }
        return lacks
    }

    /// The references of `after` whose case `before` lacks or has otherwise; both are in order.
    private static func changed(from before: [CaseRecord], to after: [CaseRecord]) -> [CaseReference] {
        var changed: [CaseReference] = []
        var index = before.startIndex
        for record in after {
            let ref = record.openCase.ref
            while index < before.endIndex, before[index].openCase.ref < ref { index += 1 }
            let isSame =
                index < before.endIndex
                && (before[index] === record || before[index].openCase == record.openCase)
            if !isSame { changed.append(ref) }
        }
        return changed
    }
}

/// The batches of all sources as one list in order, without what contradicts itself.
private struct Gathering {
    var records: [CaseRecord] = []
    var held: [CaseReference: HeldReason] = [:]
    var problems: [IntakeProblem] = []

    init(_ batches: [CaseBatch]) {
        problems = batches.flatMap(\.problems)
        records.reserveCapacity(batches.reduce(0) { $0 + $1.records.count })
        for batch in batches { records += batch.records }
        records.sort { $0.openCase.ref < $1.openCase.ref }
        for refused in batches.flatMap(\.refused) { hold(refused.ref, refused.place) }
        var doubled: Set<CaseReference> = []
        for (one, other) in zip(records, records.dropFirst()) where one.openCase.ref == other.openCase.ref {
            if doubled.insert(one.openCase.ref).inserted { hold(one.openCase.ref, one.place) }
            hold(other.openCase.ref, other.place)
        }
        if !held.isEmpty {
            for record in records where !doubled.contains(record.openCase.ref) {
                if held[record.openCase.ref] != nil { hold(record.openCase.ref, record.place) }
            }
            records.removeAll { held[$0.openCase.ref] != nil }
        }
        noteConflicts()
        noteLookalikes()
    }

    private mutating func hold(_ ref: CaseReference, _ place: RecordPlace) {
        switch held[ref] {
        case nil: held[ref] = .refused(place)
        case .refused(let first): held[ref] = .conflict([first, place])
        case .conflict(let places): held[ref] = .conflict(places + [place])
        }
    }

    private mutating func noteConflicts() {
        for (ref, reason) in held.sorted(by: { $0.key < $1.key }) {
            guard case .conflict(let places) = reason else { continue }
            for place in places {
                let others = places.filter { $0 != place }.map(\.description).joined(separator: ", ")
                problems.append(
                    IntakeProblem(
                        .held, file: place.file, at: place.position, record: ref.text,
                        .conflict(with: others)))
            }
        }
    }

    /// Warns of references that people will mix up.
    private mutating func noteLookalikes() {
        var seen: [String: Int] = [:]
        seen.reserveCapacity(records.count)
        for (index, record) in records.enumerated() {
            let skeleton = record.openCase.ref.skeleton
            guard let first = seen.updateValue(index, forKey: skeleton) else { continue }
            let other = records[first]
            problems.append(
                IntakeProblem(
                    .warning, file: record.place.file, at: record.place.position,
                    record: record.openCase.ref.text,
                    .resembles(other.openCase.ref.text, at: other.place.description)))
        }
    }
}

extension [CaseRecord] {
    /// Where a reference stands, or would stand, among records in order.
    fileprivate func index(of ref: CaseReference) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].openCase.ref < ref { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether records in order have one of this reference.
    fileprivate func holds(_ ref: CaseReference) -> Bool {
        let index = index(of: ref)
        return index < endIndex && self[index].openCase.ref == ref
    }
}
