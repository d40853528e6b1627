import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@Suite final class SpoolCourierTests {
    private let folder = NSTemporaryDirectory() + "relance-spool-" + UUID().uuidString

    deinit {
        try? FileManager.default.removeItem(atPath: folder)  // nothing depends on the tidying up
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder + "/" + path).sorted()
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path)), as: UTF8.self)
    }

    @Test func `a mail lies in new, octet by octet, and the journal has its line`() async throws {
        let courier = try SpoolCourier(folder: folder + "/deep/spool")
        let parcel = Parcel.make()
        let outcome = await courier.deliver(parcel) {}
        let place = folder + "/deep/spool/mail/new/\(parcel.key)"
        #expect(outcome == .accepted(reply: place))
        #expect(
            try text("deep/spool/mail/new/\(parcel.key)").utf8.elementsEqual(try #require(parcel.mail).bytes))
        #expect(try names("deep/spool/mail/tmp").isEmpty)
        #expect(try names("deep/spool/mail") == ["cur", "new", "tmp"])
        #expect(
            try text("deep/spool/messages.jsonl")
                == #"{"channel":"email","date":"Mon, 2 Nov 2020 08:30:00 +0100","file":"mail/new/\#(parcel.key)","from":"relance@cci.example","#
                + #""key":"\#(parcel.key)","kind":"new_case","octets":65,"to":"conseiller@cci.example"}"#
                + "\n")
    }

    @Test func `nothing is to be seen before the owner has let go`() async throws {
        let courier = try SpoolCourier(folder: folder)
        let new = folder + "/mail/new"
        _ = await courier.deliver(.make()) {
            let seen = try FileManager.default.contentsOfDirectory(atPath: new)
            #expect(seen.isEmpty)
        }
        #expect(try names("mail/new").count == 1)
    }

    @Test func `an owner who cannot let go leaves no trace`() async throws {
        struct DiskFull: Error {}
        let courier = try SpoolCourier(folder: folder)
        #expect(await courier.deliver(.make()) { throw DiskFull() } == .interrupted)
        #expect(try names("mail/new").isEmpty)
        #expect(try names("mail/tmp").isEmpty)
        #expect(try text("messages.jsonl").isEmpty)
    }

    @Test func `a message handed over twice is one mail and one line`() async throws {
        for _ in 0..<2 {
            _ = await (try SpoolCourier(folder: folder)).deliver(.make()) {}
        }
        #expect(try names("mail/new").count == 1)
        #expect(try text("messages.jsonl").split(separator: "\n").count == 1)
    }

    @Test func `a mail that was moved but may not stay is ambiguous, and its line is written when it does`()
        async throws
    {
        let failing = try SpoolCourier(folder: folder) { $0 == .settle ? EIO : nil }
        let outcome = await failing.deliver(.make()) {}
        guard case .ambiguous(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.scope == .route && failure.alert)
        #expect(try text("messages.jsonl").isEmpty)
        let again = await (try SpoolCourier(folder: folder)).deliver(.make()) {}
        #expect(again == .accepted(reply: folder + "/mail/new/\(MessageKey.make("parcel"))"))
        #expect(try names("mail/new").count == 1)
        #expect(try text("messages.jsonl").split(separator: "\n").count == 1)
    }

    @Test func `a mail in its place is accepted even when the journal has no room`() async throws {
        let courier = try SpoolCourier(folder: folder) { $0 == .journal ? ENOSPC : nil }
        let outcome = await courier.deliver(.make()) {}
        guard case .accepted(let reply, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reply.contains("not in the journal"))
        #expect(try names("mail/new").count == 1)
    }

    @Test func `many at once each have a file and a line`() async throws {
        let courier = try SpoolCourier(folder: folder)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = await courier.deliver(.make("\(number)")) {} }
            }
        }
        #expect(try names("mail/new").count == 50)
        #expect(try text("messages.jsonl").split(separator: "\n").count == 50)
    }

    @Test func `files and folders are ours alone`() async throws {
        let courier = try SpoolCourier(folder: folder)
        _ = await courier.deliver(.make()) {}
        for (path, mode) in [
            ("", 0o700), ("/mail/new", 0o700), ("/messages.jsonl", 0o600),
            ("/mail/new/\(MessageKey.make("parcel"))", 0o600),
        ] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
    }

    @Test func `a folder that cannot be made is refused at the start, by name`() throws {
        #expect(throws: SpoolError.self) { try SpoolCourier(folder: "/dev/null/spool") }
        do {
            _ = try SpoolCourier(folder: "/dev/null/spool")
        } catch {
            #expect("\(error)" == "mkdir /dev/null/spool: Not a directory")
        }
    }

    @Test func `F7 a folder that is a link, another's or open to others takes no message`() throws {
        func sentence(_ path: String) -> (String?, Int32?) {
            do {
                _ = try SpoolCourier(folder: path)
                return (nil, nil)
            } catch {
                return ("\(error)", error.exitStatus)
            }
        }
        _ = try SpoolCourier(folder: folder)
        #expect(symlink(folder, folder + "-link") == 0)
        defer { unlink(folder + "-link") }
        #expect(
            sentence(folder + "-link")
                == ("\(folder)-link: is a symbolic link; messages are never written through one", 77))
        for part in ["", "/mail/new", "/sms"] {
            chmod(folder + part, 0o777)
            #expect(
                sentence(folder) == (
                    "\(folder)\(part): mode is 0777, others can read or change it; run: chmod 0700 \(folder)\(part)",
                    77
                ))
            chmod(folder + part, 0o700)
        }
        #expect(sentence(folder) == (nil, nil))
        guard geteuid() == 0 else { return }  // only root can give folders away
        chown(folder, 65534, 65534)
        #expect(
            sentence(folder) == ("\(folder): belongs to user 65534; it must belong to user 0", 77))
    }

    @Test func `a spool that vanishes defers the message and calls a human`() async throws {
        let courier = try SpoolCourier(folder: folder)
        try FileManager.default.removeItem(atPath: folder + "/mail")
        let outcome = await courier.deliver(.make()) {}
        guard case .deferred(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.scope == .route)
        #expect(failure.alert)
        #expect(failure.detail.hasSuffix("No such file or directory"))
    }
}
