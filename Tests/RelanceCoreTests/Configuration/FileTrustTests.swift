import RelanceCore
import Testing

/// Who else may change a file, by its owner and mode alone.
@Suite struct FileTrustTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let reader: FileTrust.Writer
        let file: FileStanding
        let isBelieved: Bool

        init(
            _ name: String, by user: UInt32, _ group: UInt32, of owner: UInt32, _ ownerGroup: UInt32,
            _ mode: UInt32, isFolder: Bool = false, _ isBelieved: Bool
        ) {
            testDescription = name
            reader = .init(user: user, group: group)
            file = FileStanding(owner: owner, group: ownerGroup, mode: mode, isFolder: isFolder)
            self.isBelieved = isBelieved
        }
    }

    @Test(arguments: [
        Row("installed: root's, for the service to read", by: 980, 980, of: 0, 980, 0o100640, true),
        Row("installed: root's, for everybody to read", by: 980, 980, of: 0, 0, 0o100644, true),
        Row("root's, and the service's group may write", by: 980, 980, of: 0, 980, 0o100660, false),
        Row("root's, and anybody may write", by: 980, 980, of: 0, 0, 0o100646, false),
        Row("the service's own", by: 980, 980, of: 980, 980, 0o100600, true),
        Row("an administrator's, who is not root", by: 980, 980, of: 1000, 1000, 0o100644, false),
        Row("a checkout under the umask 002", by: 1000, 1000, of: 1000, 1000, 0o100664, true),
        Row("a checkout whose group is others' too", by: 1000, 1000, of: 1000, 100, 0o100664, false),
        Row("a checkout that anybody may change", by: 1000, 1000, of: 1000, 1000, 0o100666, false),
        Row("the author's checkout, tried by root", by: 0, 0, of: 1001, 1001, 0o100664, true),
        Row("somebody's file, read by root", by: 0, 0, of: 1000, 1000, 0o100644, false),
        Row("/tmp", by: 980, 980, of: 0, 0, 0o41777, isFolder: true, true),
        Row("a folder of everybody's", by: 980, 980, of: 0, 0, 0o40777, isFolder: true, false),
        Row("a folder of the service's group", by: 980, 980, of: 0, 980, 0o40770, isFolder: true, false),
        Row("a file with a sticky bit", by: 980, 980, of: 0, 0, 0o101666, false),
    ]) func `what nobody else may change is believed`(row: Row) {
        let trust = FileTrust(reader: row.reader, author: .init(user: 1001, group: 1001))
        #expect((trust.objection(to: row.file) == nil) == row.isBelieved)
    }

    @Test func `the objection says who may, and what mends it`() {
        let trust = FileTrust(reader: .init(user: 980, group: 980))
        #expect(
            trust.objection(to: FileStanding(owner: 1000, group: 0, mode: 0o644))
                == "belongs to user 1000, and has to belong to root or to user 980")
        #expect(
            trust.objection(to: FileStanding(owner: 0, group: 980, mode: 0o664))
                == "has the mode 0664 and its group may change it: chmod go-w")
    }
}
