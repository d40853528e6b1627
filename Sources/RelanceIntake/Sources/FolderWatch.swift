import Dispatch
import Glibc

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

/// Tells of changes in a folder as they happen (inotify).
package enum FolderWatch {
    /// The changes from now on; many at once become one, and an overflow of the kernel's queue is one more.
    ///
    /// Events can be missed on network file systems, so the owner scans now and then all the same. The watch ends when
    /// the sequence is no longer iterated.
    package static func changes(
        in folder: String
    ) throws(FolderWatchProblem) -> AsyncStream<FolderEvent> {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw FolderWatchProblem(path: folder, reason: systemMessage(errno))
        }
        if inotify_add_watch(descriptor, folder, watched) < 0 {
            let reason = systemMessage(errno)
            close(descriptor)
            throw FolderWatchProblem(path: folder, reason: reason)
        }
        let (stream, continuation) = AsyncStream.makeStream(
            of: FolderEvent.self, bufferingPolicy: .bufferingNewest(1))
        let source = DispatchSource.makeReadSource(
            fileDescriptor: descriptor, queue: DispatchQueue(label: "relance.folder-watch"))
        source.setEventHandler {
            guard let event = drain(descriptor) else { return }
            continuation.yield(event)
            if event == .lost { continuation.finish() }
        }
        source.setCancelHandler { close(descriptor) }
        // A dispatch source may be cancelled from any thread; its type does not say so.
        nonisolated(unsafe) let cancellable = source
        continuation.onTermination = { _ in cancellable.cancel() }
        source.resume()
        return stream
    }

    private static let lost = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
    private static let watched =
        UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) | UInt32(IN_DELETE_SELF)
        | UInt32(IN_MOVE_SELF)

    /// Reads all that is queued; nil when that is nothing.
    private static func drain(_ descriptor: Int32) -> FolderEvent? {
        var result: FolderEvent?
        let header = MemoryLayout<inotify_event>.size
        withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: MemoryLayout<inotify_event>.alignment) {
            buffer in
            while case let count = read(descriptor, buffer.baseAddress, buffer.count), count >= header {
                var offset = 0
                while offset + header <= count {
                    let event = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    if event.mask & lost != 0 { result = .lost } else if result == nil { result = .changed }
                    offset += header + Int(event.len)
                }
            }
        }
        return result
    }
}
