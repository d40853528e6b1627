import Glibc
import RelanceStore
import RelanceTestSupport
import Synchronization

/// The disk of one life: it fails as it is told, and once the process has died nothing reaches it any more.
final class SimulatedDisk: Sendable {
    private struct State {
        var isDead = false
        /// Calls that are still let through before the process dies.
        var callsToDeath: Int?
        /// Whether the last write is torn.
        var isTorn = false
        /// Calls before one fails for good.
        var callsToError: Int?
        var isFull = false
        /// Calls it has refused for want of room.
        var refusals = 0
        /// Of the segment that is written to: how much of it was synced, as far as is known.
        var synced: (file: String, length: Int)?
    }

    private let folder: String
    private let state = Mutex(State())

    init(folder: String) {
        self.folder = folder
    }

    var isDead: Bool { state.withLock { $0.isDead } }

    /// Runs only while the process lives; what it does is done before it can die.
    func whileAlive<Result>(_ body: () -> Result) -> Result? {
        state.withLock { $0.isDead ? nil : body() }
    }

    func die() {
        state.withLock { $0.isDead = true }
    }

    func die(after calls: Int, torn: Bool) {
        state.withLock { ($0.callsToDeath, $0.isTorn) = (calls, torn) }
    }

    func fail(after calls: Int) {
        state.withLock { $0.callsToError = calls }
    }

    func setFull(_ isFull: Bool) {
        state.withLock { $0.isFull = isFull }
    }

    var disk: Disk {
        Disk { [self] call in state.withLock { fault(in: call, &$0) } }
    }

    private func fault(in call: Disk.Call, _ state: inout State) -> Disk.Fault? {
        if state.isDead { return .error(EIO) }
        if let calls = state.callsToDeath {
            if calls <= 0 {
                state.isDead = true
                guard call.operation == .write, state.isTorn else { return .error(EIO) }
                note(call, &state)
                return .short(40)
            }
            state.callsToDeath = calls - 1
        }
        if let calls = state.callsToError {
            state.callsToError = calls > 0 ? calls - 1 : nil
            if calls <= 0 { return .error(EIO) }
        }
        if state.isFull, call.operation == .write || call.operation == .reserve {
            state.refusals += 1
            // As on a real disk, what does not fit is begun.
            guard call.operation == .write, state.refusals.isMultiple(of: 2) else { return .error(ENOSPC) }
            note(call, &state)
            return .short(1 + state.refusals * 41 % 300)
        }
        note(call, &state)
        return nil
    }

    /// Remembers what a loss of power could take back.
    private func note(_ call: Disk.Call, _ state: inout State) {
        guard call.file.hasPrefix("ledger-"), !call.file.contains(".tmp.") else { return }
        switch call.operation {
        case .write:
            var status = stat()
            guard stat(folder + "/" + call.file, &status) == 0 else { return }
            if state.synced?.file != call.file { state.synced = (call.file, Int(status.st_size)) }
        case .sync: state.synced = nil
        default: break
        }
    }

    /// Takes back a part of what was written and never synced, as a loss of power does.
    func losePower(_ random: inout SplitMix64) {
        guard let (file, length) = state.withLock({ $0.synced }) else { return }
        var status = stat()
        guard stat(folder + "/" + file, &status) == 0, Int(status.st_size) > length else { return }
        truncate(folder + "/" + file, off_t(random.number(in: Int64(length)...Int64(status.st_size))))
    }
}
