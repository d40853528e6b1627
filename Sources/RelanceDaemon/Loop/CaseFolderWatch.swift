import Logging
import RelanceIntake

/// Has the case folders read as soon as something in one of them changes.
///
/// Contract: each folder is watched by itself, so that one that is missing costs the others nothing; what is not watched
/// is tried again before every reading, and left to the slow rescan meanwhile.
actor CaseFolderWatch {
    private let folders: [String]
    private let errands: Errands
    private let log: Logger
    private var watched: Set<String> = []
    private var toldOf: Set<String> = []
    /// Watches that nobody follows yet.
    private var begun: [(folder: String, changes: AsyncStream<FolderEvent>)] = []
    private let bell = Bell()

    init(_ folders: [String], errands: Errands, log: Logger) {
        self.folders = folders
        self.errands = errands
        self.log = log
    }

    /// Watches from now on whatever is not watched and can be; before a reading, so that no change falls in between.
    func watchAll() async {
        for folder in folders where !watched.contains(folder) {
            do {
                begun.append((folder, try FolderWatch.changes(in: folder)))
                watched.insert(folder)
                toldOf.remove(folder)
            } catch {
                if toldOf.insert(folder).inserted {
                    log.warning("\(error); it is tried again at every rescan")
                }
            }
        }
        if !begun.isEmpty { await bell.ring() }
    }

    /// Follows every watch until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let new = begun
                begun = []
                for (folder, changes) in new {
                    group.addTask { await self.follow(changes, in: folder) }
                }
                await bell.wait()
            }
        }
    }

    private func follow(_ changes: AsyncStream<FolderEvent>, in folder: String) async {
        for await event in changes {
            if event == .lost {
                watched.remove(folder)
                log.warning("a case folder went away; it is looked for at every rescan")
            }
            await errands.read()
        }
    }
}
