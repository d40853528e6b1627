import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Synchronization

/// What a life of the ledger asks of the disk, with its bytes, so that every loss of power in it can be made afterwards
/// (reliability 3.3; Pillai et al., OSDI 2014).
///
/// The disk promises what POSIX does and no more: bytes are there once their file was synced, names once their folder was;
/// until then each call may have come about or not, whatever came of the others, and a write in parts.
final class PowerLossRecorder: Sendable {
    enum Step: Sendable {
        case makeOutbox
        case create(String, file: Int)
        case rename(String, to: String, file: Int)
        case unlink(String)
        case append(file: Int, at: Int, [UInt8])
        case truncate(file: Int, to: Int)
        case sync(file: Int)
        case syncFolder(isOutbox: Bool)
        /// What the ledger has said since.
        case confirmed(LedgerPowerLossTests.Promise)

        /// Whether a folder shows it.
        var changes: Bool {
            switch self {
            case .sync, .syncFolder, .confirmed: false
            default: true
            }
        }
    }

    private struct State {
        var steps: [Step] = []
        /// Of each thread the call that was let through last: the ledger begins a segment while others freeze words.
        var last: [pthread_t: Disk.Call] = [:]
        /// Of each thread whether the last name it changed is in the outbox.
        var isInOutbox: [pthread_t: Bool] = [:]
        var files: [String: Int] = [:]
        var contents: [Int: [UInt8]] = [:]
        var writes = 0
    }

    private let folder: String
    /// The write, counted from 1, that takes some bytes and then finds the disk full.
    private let fullAt: Int?
    private let state: Mutex<State>

    /// Of a folder that holds these files already, all of them durable.
    init(folder: String, _ files: [String: [UInt8]] = [:], fullAt: Int? = nil) {
        self.folder = folder
        self.fullAt = fullAt
        var state = State()
        for (index, (name, bytes)) in files.sorted(by: { $0.key < $1.key }).enumerated() {
            state.files[name] = index
            state.contents[index] = bytes
            state.steps += [
                .create(name, file: index), .append(file: index, at: 0, bytes), .sync(file: index),
            ]
        }
        state.steps.append(.syncFolder(isOutbox: false))
        self.state = Mutex(state)
    }

    var steps: [Step] {
        state.withLock { state in
            settle(&state, isOver: true)
            return state.steps
        }
    }

    func confirm(_ promise: LedgerPowerLossTests.Promise) {
        state.withLock { state in
            settle(&state)
            state.steps.append(.confirmed(promise))
        }
    }

    var disk: Disk {
        Disk { [self] call in
            state.withLock { state in
                settle(&state)
                state.last[pthread_self()] = call
                guard call.operation == .write, call.file.hasPrefix("ledger-"), !call.file.contains(".tmp.")
                else {
                    return nil
                }
                state.writes += 1
                return switch state.writes {
                case fullAt: .short(100)
                case fullAt.map { $0 + 1 }: .error(ENOSPC)
                default: nil
                }
            }
        }
    }

    /// Puts down what calls did that have come about: those of this thread have, and of the others' those that show.
    private func settle(_ state: inout State, isOver: Bool = false) {
        for (thread, call) in state.last where put(call, of: thread, &state) {
            state.last[thread] = nil
        }
        state.last[pthread_self()] = nil
        if isOver { state.last = [:] }
    }

    /// Whether a call has come about, and what it did is put down.
    private func put(_ call: Disk.Call, of thread: pthread_t, _ state: inout State) -> Bool {
        let places = [call.file, "outbox/" + call.file]
        switch call.operation {
        case .makeDirectory:
            if !state.steps.contains(where: { if case .makeOutbox = $0 { true } else { false } }) {
                state.steps.append(.makeOutbox)
                state.isInOutbox[thread] = false
            }
            return true
        case .open:
            guard call.file != "lock", call.file != ".", call.file != "outbox" else { return true }
            for name in places where state.files[name] == nil && bytes(name) != nil {
                let file = state.contents.count
                (state.files[name], state.contents[file]) = (file, [])
                state.steps.append(.create(name, file: file))
                state.isInOutbox[thread] = name != call.file
            }
            return places.contains { state.files[$0] != nil }
        case .write, .truncate:
            var shows = false
            for name in places {
                guard let file = state.files[name], let now = bytes(name), let before = state.contents[file],
                    now.count != before.count
                else {
                    continue
                }
                if now.count < before.count {
                    state.steps.append(.truncate(file: file, to: now.count))
                } else {
                    state.steps.append(.append(file: file, at: before.count, Array(now[before.count...])))
                }
                state.contents[file] = now
                shows = true
            }
            return shows
        case .sync:
            // Those under way count as done: what they make sure of was put down before, and no name follows until then.
            for name in places {
                if let file = state.files[name] { state.steps.append(.sync(file: file)) }
            }
            return true
        case .syncDirectory:
            state.steps.append(.syncFolder(isOutbox: state.isInOutbox[thread] ?? false))
            return true
        case .rename:
            var shows = false
            for name in places {
                guard let file = state.files[name], bytes(name) == nil else { continue }
                // What it is named now is told by the name it had.
                let new = String(name[..<(name.firstRange(of: ".tmp.")?.lowerBound ?? name.endIndex)])
                state.files[name] = nil
                state.files[new] = file
                state.steps.append(.rename(name, to: new, file: file))
                state.isInOutbox[thread] = name != call.file
                shows = true
            }
            return shows
        case .unlink:
            var shows = false
            for name in places where state.files[name] != nil && bytes(name) == nil {
                state.files[name] = nil
                state.steps.append(.unlink(name))
                state.isInOutbox[thread] = name != call.file
                shows = true
            }
            return shows
        case .read, .reserve, .lock: return true
        }
    }

    private func bytes(_ name: String) -> [UInt8]? {
        let number = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        var status = stat()
        guard fstat(number, &status) == 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { room, count in
            count = max(0, pread(number, room.baseAddress, Int(status.st_size), 0))
        }
    }
}

/// What a loss of power left: a place in the life, which steps that were not synced did not come about, and what became of
/// a write.
struct PowerLoss: Hashable, CustomStringConvertible {
    enum Damage: Hashable {
        case none
        /// The last write that came about has only so many bytes.
        case torn(step: Int, Int)
        /// One that did not come about has made its file longer, and there are zeros, or what lay there before.
        case zeros, garbage
        /// The first page of a long write is missing, and the ones behind it are there.
        case hole(step: Int)
    }

    /// Steps before it.
    var cut: Int
    var dropped: [Int]
    var damage: Damage

    var hasHole: Bool { if case .hole = damage { true } else { false } }

    var description: String { "after \(cut) steps, without \(dropped), \(damage)" }

    private static let page = 4096

    /// Every one that a life allows; of those that leave the same, the latest, when most is promised.
    static func all(in steps: [PowerLossRecorder.Step]) -> [PowerLoss] {
        // What lay there before is behind the first sync of the folder.
        let first = steps.firstIndex { if case .syncFolder = $0 { true } else { false } } ?? 0
        var seen: Set<PowerLoss> = []
        return (first + 1...steps.count).reversed().flatMap { cut in
            all(in: steps, at: cut).filter { seen.insert($0.inShort(steps)).inserted }
        }
    }

    /// The same loss at the earliest place it can have come about.
    private func inShort(_ steps: [PowerLossRecorder.Step]) -> PowerLoss {
        var short = self
        while let last = steps[..<short.cut].last, !last.changes { short.cut -= 1 }
        guard damage != .zeros, damage != .garbage else { return short }
        while let last = short.dropped.last, last == short.cut - 1 {
            short.dropped.removeLast()
            short.cut -= 1
            while let last = steps[..<short.cut].last, !last.changes { short.cut -= 1 }
        }
        return short
    }

    private static func all(in steps: [PowerLossRecorder.Step], at cut: Int) -> [PowerLoss] {
        // With more than so many in the air, the last of them.
        let open = Array(unsynced(steps, cut).suffix(6))
        var all: [PowerLoss] = []
        for mask in 0..<(1 << open.count) where mask.nonzeroBitCount <= 4 {
            let dropped = open.indices.filter { mask & 1 << $0 != 0 }.map { open[$0] }
            func add(_ damage: Damage) { all.append(PowerLoss(cut: cut, dropped: dropped, damage: damage)) }
            add(.none)
            if let last = open.last(where: { !dropped.contains($0) && isWrite(steps[$0]) }),
                case .append(_, _, let bytes) = steps[last]
            {
                for length in [1, 512, page] where length < bytes.count { add(.torn(step: last, length)) }
                if bytes.count > page { add(.hole(step: last)) }
            }
            if dropped.contains(where: { isWrite(steps[$0]) }) {
                add(.zeros)
                add(.garbage)
            }
        }
        return all
    }

    /// The steps whose effect no sync has made sure of.
    private static func unsynced(_ steps: [PowerLossRecorder.Step], _ cut: Int) -> [Int] {
        var open: [Int] = []
        for (index, step) in steps[..<cut].enumerated() {
            switch step {
            case .sync(let synced):
                open.removeAll {
                    switch steps[$0] {
                    case .append(let file, _, _), .truncate(let file, _): file == synced
                    default: false
                    }
                }
            case .syncFolder(let isOutbox):
                open.removeAll {
                    switch steps[$0] {
                    case .create(let name, _), .rename(let name, _, _), .unlink(let name):
                        name.hasPrefix("outbox/") == isOutbox
                    case .makeOutbox: !isOutbox
                    default: false
                    }
                }
            case .confirmed: break
            default: open.append(index)
            }
        }
        return open
    }

    private static func isWrite(_ step: PowerLossRecorder.Step) -> Bool {
        if case .append = step { true } else { false }
    }

    /// What lies in the folder.
    struct Left {
        var files: [String: [UInt8]]
        var hasOutbox: Bool

        var fingerprint: Int {
            var hasher = Hasher()
            for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
                hasher.combine(name)
                bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
                hasher.combine(bytes.count)
            }
            return hasher.finalize()
        }
    }

    /// What lies in the folder then.
    func left(of steps: [PowerLossRecorder.Step]) -> Left {
        var names: [String: Int] = [:]
        var contents: [Int: [UInt8]] = [:]
        var hasOutbox = false
        func put(_ bytes: some Collection<UInt8>, _ file: Int, at offset: Int) {
            let missing = offset + bytes.count - (contents[file]?.count ?? 0)
            if missing > 0 { contents[file, default: []] += [UInt8](repeating: 0, count: missing) }
            contents[file]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        for index in 0..<cut {
            let isThere = !dropped.contains(index)
            switch steps[index] {
            case .append(let file, let offset, let bytes) where isThere:
                switch damage {
                case .torn(index, let length): put(bytes.prefix(length), file, at: offset)
                case .hole(index): put(bytes[Self.page...], file, at: offset + Self.page)
                default: put(bytes, file, at: offset)
                }
            case .append(let file, let offset, let bytes):
                switch damage {
                case .zeros: put([UInt8](repeating: 0, count: bytes.count), file, at: offset)
                case .garbage:
                    put(bytes.indices.map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }, file, at: offset)
                default: break
                }
            case .truncate(let file, let length) where isThere:
                contents[file] = Array(contents[file]?.prefix(length) ?? [])
            case .create(let name, let file) where isThere: names[name] = file
            case .rename(let name, let new, let file) where isThere: (names[name], names[new]) = (nil, file)
            case .unlink(let name) where isThere: names[name] = nil
            case .makeOutbox where isThere: hasOutbox = true
            default: break
            }
        }
        let files = names.mapValues { contents[$0] ?? [] }
        return Left(
            files: hasOutbox ? files : files.filter { !$0.key.hasPrefix("outbox/") }, hasOutbox: hasOutbox)
    }
}
