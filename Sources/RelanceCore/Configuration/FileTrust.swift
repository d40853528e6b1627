/// Whose files are believed: what anybody else may change is not (reliability 2.11).
package struct FileTrust: Hashable, Sendable {
    /// A user, and the group he makes files with.
    package struct Writer: Hashable, Sendable {
        package let user: UInt32
        package let group: UInt32

        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Who runs the program.
    package let reader: Writer
    /// Who owns the sources of a program that runs where it was built: whoever wrote it needs no other way in, and root may
    /// try it out on a checkout that is another's.
    package let author: Writer?

    package init(reader: Writer, author: Writer? = nil) {
        self.reader = reader
        self.author = author
    }

    /// Why somebody else may change a file or a folder; nil when nobody else may.
    ///
    /// A group may where user and group are the reader's or the author's own: under the umask of most desktops (002) all
    /// their files are like that, and nobody else is in that group. What belongs to root is root's alone to change,
    /// whatever its group: a service does not write what it believes. In a folder with the sticky bit (`/tmp`)
    /// nobody replaces what is another's.
    package func objection(to file: FileStanding) -> String? {
        let known = [reader, author].compactMap { $0 }
        guard file.owner == 0 || known.contains(where: { $0.user == file.owner }) else {
            return "belongs to user \(file.owner), and has to belong to root"
                + (reader.user == 0 ? "" : " or to user \(reader.user)")
        }
        let isOwn = known.contains(Writer(user: file.owner, group: file.group))
        let excess = file.mode & (isOwn ? 0o002 : 0o022)
        guard excess != 0, !(file.isFolder && file.mode & 0o1000 != 0) else { return nil }
        let who = excess & 0o002 != 0 ? "anybody" : "its group"
        return "has the mode 0\(String(file.mode, radix: 8)) and \(who) may change it: chmod go-w"
    }
}

/// Owner, group and mode of a file or a folder.
package struct FileStanding: Hashable, Sendable {
    package let owner: UInt32
    package let group: UInt32
    package let mode: UInt32
    package let isFolder: Bool

    package init(owner: UInt32, group: UInt32, mode: UInt32, isFolder: Bool = false) {
        self.owner = owner
        self.group = group
        self.mode = mode & 0o7777
        self.isFolder = isFolder
    }
}
