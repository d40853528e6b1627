import RelanceStore
import Testing

@Suite struct StoreErrorTests {
    struct Row: CustomTestStringConvertible {
        var error: StoreError
        var sentence: String
        var exit: Int32
        var testDescription: String { sentence }
    }

    static let file = "ledger-0000000000000001.jsonl"

    static func damage(_ kind: LedgerDamage.Kind) -> StoreError {
        .damaged(LedgerDamage(file: file, line: 4, offset: 812, kind: kind))
    }

    /// The sentences no other suite provokes.
    static let rows: [Row] = [
        Row(
            error: damage(.gap(expected: 31)),
            sentence: "\(file):4:812: the file should continue from record 31, a file is missing; "
                + "nothing was changed, run: relance ledger verify", exit: 65),
        Row(
            error: damage(.otherChain),
            sentence: "\(file):4:812: does not follow from the files before it; "
                + "nothing was changed, run: relance ledger verify", exit: 65),
        Row(
            error: damage(.empty),
            sentence: "\(file):4:812: the file is empty; nothing was changed, run: relance ledger verify",
            exit: 65),
        Row(
            error: damage(.header),
            sentence: "\(file):4:812: the first line is not the header of a ledger file; "
                + "nothing was changed, run: relance ledger verify", exit: 65),
        Row(
            error: damage(.content("the record's 'key' is missing or cannot be read")),
            sentence: "\(file):4:812: the record's 'key' is missing or cannot be read; "
                + "nothing was changed, run: relance ledger verify", exit: 65),
        Row(
            error: .unknownRecord(file: file, line: 4, offset: 812, kind: "storm"),
            sentence:
                "\(file):4:812: a record of kind 'storm', which this relance does not know and may not skip",
            exit: 65),
        Row(
            error: .symbolicLink(path: "/state"),
            sentence: "/state: is a symbolic link; state is never read or written through one", exit: 73),
        Row(
            error: .sharedDirectory(path: "/etc/relance"),
            sentence: "/etc/relance: state and configuration need a directory each", exit: 73),
        Row(
            error: .noDirectory(path: "/state", reason: "Not a directory"),
            sentence: "/state: cannot use it as the state directory: Not a directory", exit: 73),
        Row(
            error: .readOnly(file: "/state/lock"), sentence: "/state/lock: the file system is read-only",
            exit: 73),
        Row(
            error: .tooManyFiles(file: "/state/lock"), sentence: "/state/lock: too many files are open",
            exit: 74),
        Row(
            error: .foreignOwner(path: "/state", owner: 1000, needed: 997),
            sentence: "/state: belongs to user 1000; it must belong to user 997", exit: 77),
        Row(
            error: .recordTooLong(bytes: 300_000, limit: 262_144),
            sentence: "a ledger record of 300000 bytes is longer than 262144", exit: 65),
        Row(error: .closed, sentence: "the ledger is closed", exit: 74),
        Row(
            error: .frozenMessageDamaged(file: "/state/outbox/k"),
            sentence: "/state/outbox/k: the bytes are not those that were frozen", exit: 65),
        Row(
            error: .frozenMessageMissing(file: "/state/outbox/k"),
            sentence: "/state/outbox/k: the frozen message is missing", exit: 65),
    ]

    @Test(arguments: rows)
    func `every error says where, what and what to do`(_ row: Row) {
        #expect(row.error.description == row.sentence)
        #expect(row.error.exitStatus == row.exit)
    }
}
