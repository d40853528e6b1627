import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension FuzzTarget {
    /// A mail of foreign words: thread, subject, names, list, place and details of an appointment, text, HTML.
    ///
    /// Promise: its lines end in CR LF and nothing else does, none is longer than 998 octets, every octet is ASCII, and
    /// the header has the names that we write and each of them once; so do the lines of its appointment, in UTF-8 and of
    /// 75 octets at most.
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
        let calendars = try parts(of: mail, as: "text/calendar")
        try expect(calendars.count == (message.invitation == nil ? 0 : 1), "an invitation has its calendar")
        for calendar in calendars { try expectCalendar(calendar) }
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

    /// The bodies of the parts of a type, out of their base64.
    private static func parts(of mail: [UInt8], as type: String) throws -> [[UInt8]] {
        let lines = mail.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            Array($0.dropLast()).text
        }
        // No text in quoted-printable and no base64 has "=_" in it.
        return try lines.split(whereSeparator: { $0.hasPrefix("--=_") }).compactMap { part in
            let header = part.prefix { !$0.isEmpty }
            guard header.contains(where: { $0.hasPrefix("Content-Type: \(type);") }) else { return nil }
            try expect(header.contains("Content-Transfer-Encoding: base64"), "a calendar is base64")
            let octets = Data(base64Encoded: part.dropFirst(header.count).joined())
            try expect(octets != nil, "base64 can be read")
            return octets.map { Array($0) }
        }
    }

    /// How often each property may stand in an invitation; of what it holds inside it the wrapper has some too.
    private static let properties = [
        "BEGIN": 2, "PRODID": 1, "VERSION": 1, "METHOD": 1, "UID": 1, "SEQUENCE": 1, "DTSTAMP": 1,
        "DTSTART": 1, "DTEND": 1, "SUMMARY": 1, "LOCATION": 1, "DESCRIPTION": 1, "ORGANIZER": 1,
        "ATTENDEE": 1, "CLASS": 1, "STATUS": 1, "TRANSP": 1, "END": 2,
    ]

    private static func expectCalendar(_ calendar: [UInt8]) throws {
        try expect(String(validating: calendar, as: UTF8.self) != nil, "a calendar is UTF-8")
        try expect(calendar.last == UInt8(ascii: "\n"), "the last line of a calendar ends")
        var counts: [String: Int] = [:]
        for line in calendar.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        {
            try expect(line.last == UInt8(ascii: "\r"), "a line of a calendar ends in CR LF")
            let text = line.dropLast()
            try expect(text.count <= 75, "a line of a calendar has at most 75 octets")
            try expect(String(validating: text, as: UTF8.self) != nil, "a fold cuts no character in two")
            try expect(
                !text.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a calendar has no control")
            guard text.first != UInt8(ascii: " ") else { continue }
            let name = Array(text.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ";") }).text
            counts[name, default: 0] += 1
            try expect(
                counts[name, default: 0] <= properties[name, default: 0],
                "\(name.debugDescription) is a property that we write")
        }
        try expect(counts["UID"] == 1 && counts["END"] == 2, "a calendar is whole")
    }
}
