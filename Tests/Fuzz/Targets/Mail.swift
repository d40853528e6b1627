import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension FuzzTarget {
    /// A mail of foreign words: thread, subject, names, list, place and details of an appointment, text, HTML.
    ///
    /// Promise: its lines end in CR LF and nothing else does, none is longer than 998 octets, every octet is ASCII, and
    /// the header has the names that we write and each of them once.
    static let mail = FuzzTarget("mail") { bytes in
        var cursor = ByteCursor(bytes)
        let kind = cursor.byte()
        let (subject, from, to, reply) = (cursor.line(), cursor.line(), cursor.line(), cursor.line())
        let (list, place, reference) = (cursor.line(), cursor.line(), cursor.line())
        let (details, text, html) = (cursor.block(), cursor.block(), cursor.block())
        let house = RenderedMessage.Mailbox(name: from, address: .make("relance@cci.example"))
        let reader = RenderedMessage.Mailbox(name: to, address: .make("claire.duval@cci.example"))
        var message = RenderedMessage.make(
            from: house, to: reader,
            replyTo: reply.isEmpty ? nil : .init(name: reply, address: .make("caen@cci.example")),
            subject: subject, text: text, html: html.isEmpty ? nil : html,
            thread: kind & 3 == 0
                ? .list(list) : CaseReference(reference).map { .ofCase($0) } ?? .alone)
        if kind & 4 != 0 {
            message.invitation = Invitation(
                method: kind & 8 == 0 ? .request : .publish, uid: "a@cci.example", sequence: 0,
                stampedAt: message.date, startsAt: message.date, minutes: 60, summary: subject,
                location: place.isEmpty ? nil : place, details: details, organizer: house, attendee: reader,
                language: .french)
        }
        let mail: [UInt8]
        do throws(MIMEProblem) {
            mail = try MIMEMessage.bytes(
                of: message, zone: .paris, messageIDDomain: "cci.example",
                sender: .make(kind & 16 == 0 ? "relance@cci.example" : "envoi@cci.example"))
        } catch {
            try expect(!error.description.isEmpty, "a refused mail has a reason")
            return
        }
        try expectMail(mail)
    }

    private static let fields: Set<String> = [
        "From", "Sender", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
        "List-Id", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding", "Content-Disposition",
    ]

    private static func expectMail(_ mail: [UInt8]) throws {
        var length = 0
        var before: UInt8 = 0
        for byte in mail {
            try expect((byte == 0x0A) == (before == 0x0D), "lines end in CR LF and nothing else does")
            try expect(byte != 0 && byte < 0x80, "every octet is ASCII")
            length = byte == 0x0A ? 0 : length + 1
            try expect(length <= 999, "no line is longer than 998 octets")
            before = byte
        }
        try expect(before == 0x0A, "the last line ends")
        var names: Set<String> = []
        for line in mail.text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.elementsEqual("\r".unicodeScalars) { break }
            if line.first == " " { continue }
            let name = String(line.prefix { $0 != ":" })
            try expect(fields.contains(name), "\(name.debugDescription) is a field that we write")
            try expect(names.insert(name).inserted, "\(name) stands once")
        }
        let needed: Set<String> = ["From", "To", "Subject", "Date", "Message-ID"]
        try expect(names.isSuperset(of: needed), "the header is whole")
    }
}
