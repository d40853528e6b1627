import RelanceCore

/// Mail as bytes: RFC 5322 and 2045 to 2049, as domain 4.5 asks for the header fields.
///
/// What it promises:
/// - Deterministic: message, zone, domain and sender give the bytes, whoever asks and however often; nothing is drawn
///   at random and no clock is read, so a retry is the same mail (design D11).
/// - Only CR LF ends lines, every octet is ASCII, no line is longer than 998 octets (RFC 5322, 2.1.1); 76 wherever
///   there is a place to fold. A bare LF before a dot would be somebody else's second mail (reliability 0, 4).
/// - Names of fields come from here, values cannot add one (see ``HeaderEncoding``).
/// - Plain text stands alone or first, with its HTML twin after it; nothing is remote, and nothing attached but an
///   appointment for the reader's calendar (see ``MIMEPart``).
package enum MIMEMessage {
    /// More than any subject of ours by far; longer ones come from a template gone wrong.
    package static let subjectLimit = 900
    /// The most a template may make.
    package static let bodyLimit = TemplateLibrary.outputLimit

    /// The bytes of a mail: the Date field shows the zone's offset, identifiers end in the domain, and the mailbox
    /// responsible for sending is written only where it is not the author's.
    ///
    /// `reference` names the sending in the Message-ID; without one it is the message's first.
    package static func bytes(
        of message: RenderedMessage, zone: Zone, messageIDDomain domain: String, sender: EmailAddress,
        reference: String? = nil
    ) throws(MIMEProblem) -> [UInt8] {
        guard message.channel == .email else { throw .notMail }
        guard (try? EmailAddress("key@" + domain)) != nil else { throw .messageIDDomain(domain) }
        try check(message)
        var header = HeaderEncoding()
        try header.add("From", mailbox: message.from)
        if sender != message.from.address {
            try header.add("Sender", mailbox: .init(address: sender))
        }
        if let replyTo = message.replyTo { try header.add("Reply-To", mailbox: replyTo) }
        try header.add("To", mailbox: message.to)
        try header.add("Subject", text: message.subject)
        header.add("Date", tokens: dateTokens(message.date, in: zone))
        header.add("Message-ID", tokens: ["<\(reference ?? "\(message.key).0")@\(domain)>"])
        switch message.thread {
        case .ofCase(let ref):
            let root = "<case-\(identifier(of: ref))@\(domain)>"
            header.add("In-Reply-To", tokens: [root])
            header.add("References", tokens: [root])
        case .list(let name):
            guard isLabel(name) else { throw .listName(name) }
            header.add("List-Id", tokens: ["<\(name).\(domain)>"])
        case .alone: break
        }
        // RFC 3834, and what Exchange reads instead.
        header.add("Auto-Submitted", tokens: ["auto-generated"])
        header.add("X-Auto-Response-Suppress", tokens: ["OOF,", "AutoReply"])
        header.add("Content-Language", tokens: [message.language.rawValue])
        header.add("MIME-Version", tokens: ["1.0"])
        return try MIMEPart(of: message).bytes(after: header)
    }

    private static func check(_ message: RenderedMessage) throws(MIMEProblem) {
        guard !message.subject.isEmpty else { throw .emptySubject }
        guard message.subject.utf8.count <= subjectLimit else {
            throw .subjectTooLong(octets: message.subject.utf8.count)
        }
        for (part, text) in [("text", message.text), ("html", message.html ?? "")] {
            guard text.utf8.count <= bodyLimit else { throw .bodyTooLong(octets: text.utf8.count) }
            try refuseControls(text, in: part)
        }
    }

    /// Refuses what no text of several lines may hold: control characters other than tabs and line ends.
    static func refuseControls(_ text: String, in field: String) throws(MIMEProblem) {
        for (offset, scalar) in text.unicodeScalars.enumerated() {
            guard scalar.properties.generalCategory != .control || "\t\n\r".unicodeScalars.contains(scalar)
            else { throw .unprintable(field: field, codePoint: scalar.value, position: offset + 1) }
        }
    }

    /// `Mon, 2 Nov 2020 08:30:00 +0100` (RFC 5322, 3.3), English by its grammar.
    private static func dateTokens(_ instant: Instant, in zone: Zone) -> [String] {
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The grammar has no seconds of offset: clock and offset are both given to the whole minute.
        let minutes = zone.offset(at: instant) / 60
        let (day, time, second) = Zone.utc.local(instant + .minutes(Int64(minutes)))
        let (year, month, dayOfMonth) = day.civil
        let clock = [time.hour, time.minute, second].map { twoDigits($0) }.joined(separator: ":")
        let offset = twoDigits(abs(minutes) / 60) + twoDigits(abs(minutes) % 60)
        return [
            weekdays[day.weekday.index] + ",", String(dayOfMonth), months[month - 1], fourDigits(year), clock,
            (minutes < 0 ? "-" : "+") + offset,
        ]
    }

    private static func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }

    private static func fourDigits(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
    }

    /// The reference itself when it can stand in an identifier, else a digest of it; the dot keeps the two apart.
    private static func identifier(of ref: CaseReference) -> String {
        let isPlain = ref.text.utf8.count <= 40 && ref.text.utf8.allSatisfy(isLetterDigitHyphen)
        return isPlain ? ref.text : "h." + Checksum.sha256Hex(Array(ref.text.utf8)).prefix(32)
    }

    private static func isLabel(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.first != "-" && name.last != "-"
            && name.utf8.allSatisfy(isLetterDigitHyphen)
    }

    private static func isLetterDigitHyphen(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
