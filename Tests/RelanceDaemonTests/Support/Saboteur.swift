import RelanceStore
import Synchronization

/// Fails calls to the disk while it is armed.
final class Saboteur: Sendable {
    private let plan = Mutex<(operation: Disk.Operation, code: Int32)?>(nil)

    func arm(_ operation: Disk.Operation, _ code: Int32) {
        plan.withLock { $0 = (operation, code) }
    }

    func disarm() {
        plan.withLock { $0 = nil }
    }

    var disk: Disk {
        Disk { [self] call in
            plan.withLock { plan in
                plan.flatMap { $0.operation == call.operation ? Disk.Fault.error($0.code) : nil }
            }
        }
    }
}
