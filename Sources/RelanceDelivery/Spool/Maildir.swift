/// A Maildir (tmp, new, cur) that one process delivers into, in steps that a crash may come between.
struct Maildir: Sendable {
    let folder: String

    init(_ folder: String) throws(SpoolError) {
        self.folder = folder
        for path in [folder, folder + "/tmp", folder + "/new", folder + "/cur"] {
            try SpoolFile.makeFolder(path)
        }
    }

    /// Writes the whole mail, where no reader looks; what a crash left under that name is written over.
    func prepare(_ bytes: [UInt8], as name: String) throws(SpoolError) {
        try SpoolFile(replacing: folder + "/tmp/" + name).append(bytes)
    }

    /// Moves a prepared mail in front of the readers; a power cut may still undo it.
    func publish(_ name: String) throws(SpoolError) {
        try SpoolFile.move(folder + "/tmp/" + name, to: folder + "/new/" + name)
    }

    /// Makes what was published stay.
    func settle() throws(SpoolError) {
        try SpoolFile.syncFolder(folder + "/new")
    }

    /// Whether a mail of that name was published and no reader has moved it.
    func holds(_ name: String) -> Bool {
        SpoolFile.exists(folder + "/new/" + name)
    }

    func abandon(_ name: String) throws(SpoolError) {
        try SpoolFile.remove(folder + "/tmp/" + name)
    }
}
