import RelanceCore

/// An invitation as an iCalendar object (RFC 5545), with the properties its method asks for (RFC 5546, 3.2).
///
/// What it promises:
/// - Deterministic: the invitation gives the octets; nothing is drawn at random and no clock is read.
/// - Names come from here and a value can add none: control characters are refused, never removed, a line break inside
///   a text is the two characters `\n`, and a parameter cannot leave its quotes. A title or a name, which has one
///   line, takes what a header field of the mail takes.
/// - UTF-8, lines end in CR LF and are at most 75 octets, a fold never cuts a character in two (RFC 5545, 3.1).
/// - Times are UTC: an instant has one, whichever side of a change of clocks it is on, and every calendar shows it on
///   its owner's clocks. A local time would need a VTIMEZONE with it, which clients read each in their own way.
/// - No alarm: reminding is ours (messages of the eve and of two hours before), and a calendar has its owner's.
package enum ICalendar {
    /// A day: nobody makes a longer appointment, and a record that says so is wrong.
    package static let longestMinutes = 24 * 60

    /// The object as text that ends in CR LF.
    package static func text(of invitation: Invitation) throws(MIMEProblem) -> String {
        guard (0...Int(Int32.max)).contains(invitation.sequence) else {
            throw .invitation(property: "SEQUENCE")
        }
        guard (1...longestMinutes).contains(invitation.minutes) else {
            throw .invitation(property: "DTEND")
        }
        let startsAt = try time(invitation.startsAt, in: "DTSTART")
        let endsAt = try time(invitation.startsAt + .minutes(Int64(invitation.minutes)), in: "DTEND")
        let isCancelled = invitation.method == .cancel
        var lines: [String] = [
            "BEGIN:VCALENDAR",
            "PRODID:-//CCI//Relance//\(invitation.language.rawValue.uppercased())",
            "VERSION:2.0",
            "METHOD:\(invitation.method.rawValue)",
            "BEGIN:VEVENT",
            "UID:" + (try title(invitation.uid, in: "UID")),
            "SEQUENCE:\(invitation.sequence)",
            "DTSTAMP:" + (try time(invitation.stampedAt, in: "DTSTAMP")),
            "DTSTART:" + startsAt,
            "DTEND:" + endsAt,
            "SUMMARY:" + (try title(invitation.summary, in: "SUMMARY")),
        ]
        for (property, text) in [("LOCATION", invitation.location), ("DESCRIPTION", invitation.details)] {
            let value = try self.text(text ?? "", in: property)
            // An empty value is an error to libical, and tells nobody anything.
            if text?.trimmed.isEmpty == false { lines.append(property + ":" + value) }
        }
        lines.append("ORGANIZER" + (try address(invitation.organizer, in: "ORGANIZER")))
        switch invitation.method {
        case .request:
            // The appointment was agreed by voice: no answer is asked for, yet the buttons stand (domain 4.6).
            let asked = ";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE"
            lines.append("ATTENDEE" + asked + (try address(invitation.attendee, in: "ATTENDEE")))
        case .cancel:
            // Named, since whoever is not is not concerned, and asked nothing (RFC 5546, 3.2.5 and 4.2.10).
            lines.append("ATTENDEE" + (try address(invitation.attendee, in: "ATTENDEE")))
        case .publish: break  // none may be there (RFC 5546, 3.2.1)
        }
        lines += [
            "CLASS:PRIVATE",
            "STATUS:\(isCancelled ? "CANCELLED" : "CONFIRMED")",
            // Some calendars keep a cancelled entry until its owner removes it: the hour is free all the same.
            "TRANSP:\(isCancelled ? "TRANSPARENT" : "OPAQUE")",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
        return lines.map(folded).joined()
    }

    /// `20201216T080000Z` (RFC 5545, 3.3.5, form 2), the second rounded down.
    private static func time(_ instant: Instant, in property: String) throws(MIMEProblem) -> String {
        guard (1...9999).contains(Zone.utc.day(at: instant).year) else {
            throw .invitation(property: property)
        }
        return instant.rfc3339UTCMilliseconds.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// A text of one line, which must say something.
    private static func title(_ title: String, in property: String) throws(MIMEProblem) -> String {
        guard !title.trimmed.isEmpty else { throw .invitation(property: property) }
        try HeaderEncoding.refuseUnprintable(title, in: property)
        return try text(title, in: property)
    }

    /// A text of any number of lines (RFC 5545, 3.3.11).
    private static func text(_ text: String, in property: String) throws(MIMEProblem) -> String {
        try MIMEMessage.refuseControls(text, in: property)
        var escaped = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", ";", ",":
                escaped.append("\\")
                escaped.append(scalar)
            case "\n" where previous == "\r": break
            // Readers that split lines as Unicode does must not find one of ours in a text.
            case "\n", "\r", "\u{2028}", "\u{2029}": escaped.append(contentsOf: "\\n".unicodeScalars)
            default: escaped.append(scalar)
            }
            previous = scalar
        }
        return String(escaped)
    }

    /// `;CN="Name":mailto:address`, what follows the name of a property whose value is a person.
    private static func address(
        _ mailbox: RenderedMessage.Mailbox, in property: String
    ) throws(MIMEProblem) -> String {
        let uri = "mailto:" + mailbox.address.description.utf8.map(uriText).joined()
        guard let name = mailbox.name, !name.isEmpty else { return ":" + uri }
        try HeaderEncoding.refuseDisguised(name, in: property)
        return ";CN=" + quoted(name) + ":" + uri
    }

    /// A name between quotes, the quotes it holds itself written `^'` (RFC 6868, 3).
    ///
    /// A backslash means nothing there, but libical reads `\"` as a quote and loses the address behind it: a name, which
    /// is only shown, has a slash instead.
    private static func quoted(_ name: String) -> String {
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in name.unicodeScalars {
            switch scalar {
            case "^": quoted.append(contentsOf: "^^".unicodeScalars)
            case "\"": quoted.append(contentsOf: "^'".unicodeScalars)
            case "\\": quoted.append("/")
            default: quoted.append(scalar)
            }
        }
        quoted.append("\"")
        return String(quoted)
    }

    /// What an address may hold and a `mailto` URI may not is written `%23` (RFC 6068, 2).
    private static func uriText(_ byte: UInt8) -> String {
        guard "#&/=?^`{|}".utf8.contains(byte) else { return String(UnicodeScalar(byte)) }
        return "%" + String(byte, radix: 16, uppercase: true)
    }

    /// The line in pieces of at most 75 octets, the space that begins a further piece counted.
    ///
    /// Cut between what people see as characters, since a reader that works with those would not find the space of a
    /// fold under an accent.
    private static func folded(_ line: String) -> String {
        var folded = ""
        var column = 0
        for piece in line.flatMap(pieces) {
            let width = piece.utf8.count
            if column + width > 75 {
                folded += "\r\n "
                column = 1
            }
            folded += piece
            column += width
        }
        return folded + "\r\n"
    }

    /// What must not be cut: a character with its accents, or each scalar of one that has very many.
    private static func pieces(of character: Character) -> [String] {
        character.utf8.count <= 60 ? [String(character)] : character.unicodeScalars.map { String($0) }
    }
}
