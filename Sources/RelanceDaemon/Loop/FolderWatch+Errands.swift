import Logging
import RelanceIntake

extension FolderWatch {
    /// Watches from now on; a folder that cannot be watched is left to the slow rescan.
    static func begin(_ folders: [String], _ log: Logger) -> AsyncStream<FolderEvent>? {
        do {
            return try changes(in: folders)
        } catch {
            log.warning("\(error)")
            return nil
        }
    }

    /// Has the folders read for every change until cancelled.
    static func forward(_ changes: AsyncStream<FolderEvent>, to errands: Errands, _ log: Logger) async {
        for await event in changes {
            await errands.read()
            if event == .lost {
                log.warning("a case folder went away; it is looked for at every rescan")
            }
        }
    }
}
