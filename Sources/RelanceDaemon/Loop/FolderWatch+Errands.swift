import Logging
import RelanceIntake

extension FolderWatch {
    /// Rings for every change until cancelled; a folder that cannot be watched is left to the slow rescan.
    static func forward(_ folders: [String], to errands: Errands, _ log: Logger) async {
        do {
            for await event in try changes(in: folders) {
                await errands.read()
                if event == .lost {
                    log.warning("a case folder went away; it is looked for at every rescan")
                }
            }
        } catch {
            log.warning("\(error)")
        }
    }
}
