import Dispatch
import Glibc
import Synchronization

/// What a watch has seen.
package enum FolderEvent: Hashable, Sendable {
    /// Something in the folder was written, renamed or deleted; which, a rescan finds.
    case changed
    /// The folder itself was deleted, renamed or unmounted: the watch ends, and can begin anew when it is back.
    case lost
}

/// Why a folder cannot be watched.
package struct FolderWatchProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package var description: String { "\(path) cannot be watched: \(reason)" }
}

/// Tells of changes in folders as they happen (inotify).
///
/// Every watch of the process is on one inotify instance: a user has 128 of those, whatever else runs under its name.
package final class FolderWatch: Sendable {
    private static let shared = FolderWatch()

    private typealias Follower = AsyncStream<FolderEvent>.Continuation

    private struct State {
        /// The instance and what reads it, made with the first watch and kept; nil until the kernel has given one.
        var instance: (descriptor: Int32, source: any DispatchSourceRead)?
        /// Who follows a folder, by the kernel's number of it.
        var followers: [Int32: [Int: Follower]] = [:]
        var lastFollower = 0
    }

    private let state = Mutex(State())

    private init() {}

    /// The changes from now on; many at once become one, and an overflow of the kernel's queue is one more.
    ///
    /// Events can be missed on network file systems, so the owner scans now and then all the same. The watch ends when
    /// the sequence is no longer iterated.
    package static func changes(in folder: String) throws(FolderWatchProblem) -> AsyncStream<FolderEvent> {
        try shared.follow(folder)
    }

    private func follow(_ folder: String) throws(FolderWatchProblem) -> AsyncStream<FolderEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FolderEvent.self, bufferingPolicy: .bufferingNewest(1))
        let (watch, id) = try state.withLock { state throws(FolderWatchProblem) in
            let descriptor = try instance(for: folder, &state)
            // The same number for the same folder, however often it is watched.
            let watch = inotify_add_watch(descriptor, folder, Self.watched)
            guard watch >= 0 else { throw FolderWatchProblem(path: folder, reason: systemMessage(errno)) }
            state.lastFollower += 1
            state.followers[watch, default: [:]][state.lastFollower] = continuation
            return (watch, state.lastFollower)
        }
        continuation.onTermination = { [self] _ in leave(watch, id) }
        return stream
    }

    private func instance(for folder: String, _ state: inout State) throws(FolderWatchProblem) -> Int32 {
        if let instance = state.instance { return instance.descriptor }
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw FolderWatchProblem(path: folder, reason: systemMessage(errno))
        }
        let source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "relance.folder-watch"))
        source.setEventHandler { [self] in drain(descriptor) }
        state.instance = (descriptor, source)
        source.resume()
        return descriptor
    }

    private func leave(_ watch: Int32, _ id: Int) {
        state.withLock { state in
            state.followers[watch]?[id] = nil
            if state.followers[watch]?.isEmpty == true { remove(watch, &state) }
        }
    }

    /// The kernel may have let go of it already.
    @discardableResult
    private func remove(_ watch: Int32, _ state: inout State) -> [Follower] {
        if let instance = state.instance { inotify_rm_watch(instance.descriptor, watch) }
        return state.followers.removeValue(forKey: watch).map { Array($0.values) } ?? []
    }

    private static let lost = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
    private static let watched =
        UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) | UInt32(IN_DELETE_SELF)
        | UInt32(IN_MOVE_SELF)

    /// Reads all that is queued and tells whom it concerns.
    private func drain(_ descriptor: Int32) {
        var (changed, lost, hasOverflowed): (Set<Int32>, Set<Int32>, Bool) = ([], [], false)
        let header = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: MemoryLayout<inotify_event>.alignment) {
            buffer in
            while case let count = read(descriptor, buffer.baseAddress, buffer.count), count >= header {
                var offset = 0
                while offset + header <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                        hasOverflowed = true
                    } else if event.mask & Self.lost != 0 {
                        lost.insert(event.wd)
                    } else {
                        changed.insert(event.wd)
                    }
                    offset += header + Int(event.len)
                }
            }
        }
        let (bereft, told) = state.withLock { state in
            let bereft = lost.flatMap { remove($0, &state) }
            let told = hasOverflowed ? Set(state.followers.keys) : changed
            return (bereft, told.flatMap { state.followers[$0].map { Array($0.values) } ?? [] })
        }
        for follower in told { follower.yield(.changed) }
        for follower in bereft {
            follower.yield(.lost)
            follower.finish()
        }
    }
}
