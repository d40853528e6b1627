import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

struct MIMEMessageTests {
    @Test func `a message with an HTML twin is these bytes`() throws {
        let message = RenderedMessage.make(
            replyTo: .init(name: "Étienne Lefèvre", address: .make("e.lefevre@cci.example")),
            subject: "Relance – lundi 2 novembre : 1 en retard, 2 aujourd'hui, 1 RDV",
            text: "Bonjour Étienne,\n", html: "<p>Bonjour Étienne,</p>\n")
        let key = message.key.text
        let expected = """
            From: CCI Normandie =?utf-8?Q?=E2=80=93?= Relance <relance@cci.example>
            Reply-To: =?utf-8?Q?=C3=89tienne_Lef=C3=A8vre?= <e.lefevre@cci.example>
            To: Claire Duval <claire.duval@cci.example>
            Subject: Relance =?utf-8?Q?=E2=80=93?= lundi 2 novembre : 1 en retard, 2
             aujourd'hui, 1 RDV
            Date: Mon, 2 Nov 2020 08:30:00 +0100
            Message-ID: <\(key).0@cci.example>
            In-Reply-To: <case-2020-0301@cci.example>
            References: <case-2020-0301@cci.example>
            Auto-Submitted: auto-generated
            X-Auto-Response-Suppress: OOF, AutoReply
            Content-Language: fr
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="=_\(key)"

            --=_\(key)
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Bonjour =C3=89tienne,

            --=_\(key)
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Bonjour =C3=89tienne,</p>

            --=_\(key)--

            """
        #expect(try text(of: message) == expected)
    }

    @Test func `plain text stands alone, and the sender is named only where it is not the author`() throws {
        let mail = try text(of: .make(), sender: .make("robot@cci.example"))
        #expect(mail.contains("\nSender: robot@cci.example\n"))
        #expect(mail.contains("\nContent-Type: text/plain; charset=utf-8\n"))
        #expect(!(try text(of: .make())).contains("Sender:"))
        #expect(!mail.contains("\nReply-To"))
    }

    @Test(arguments: [
        ("2020-11-02 08:30", "Mon, 2 Nov 2020 08:30:00 +0100"),
        ("2020-07-14T06:05:09Z", "Tue, 14 Jul 2020 08:05:09 +0200"),
        ("2020-10-25T00:30:00Z", "Sun, 25 Oct 2020 02:30:00 +0200"),
        ("2020-10-25T01:30:00Z", "Sun, 25 Oct 2020 02:30:00 +0100"),
        ("2020-12-31T23:30:00Z", "Fri, 1 Jan 2021 00:30:00 +0100"),
    ])
    func `the date is the house's clock with its offset`(instant: String, field: String) throws {
        #expect(try text(of: .make(date: at(instant))).contains("\nDate: \(field)\n"))
    }

    @Test func `a zone with minutes or behind UTC has its offset written so`() throws {
        func field(_ zone: String) throws -> String? {
            try text(of: .make(date: at("2020-11-02T12:00:00Z")), zone: .system(zone))
                .split(separator: "\n").first { $0.hasPrefix("Date:") }.map(String.init)
        }
        #expect(try field("America/Cayenne") == "Date: Mon, 2 Nov 2020 09:00:00 -0300")
        #expect(try field("Asia/Kathmandu") == "Date: Mon, 2 Nov 2020 17:45:00 +0545")
        #expect(try field("Pacific/Marquesas") == "Date: Mon, 2 Nov 2020 02:30:00 -0930")
    }

    @Test func `a list has a List-Id and no thread, and a lone mail has neither`() throws {
        let digest = try text(of: .make(thread: .list("digest")))
        #expect(digest.contains("\nList-Id: <digest.cci.example>\n"))
        #expect(!digest.contains("References:"))
        let alone = try text(of: .make(thread: .alone))
        #expect(!alone.contains("List-Id") && !alone.contains("In-Reply-To"))
    }

    @Test func `a reference that is no identifier gets a digest of itself, always the same and its own`()
        throws
    {
        func root(_ ref: String) throws -> String {
            let mail = try text(of: .make(thread: .ofCase(.make(ref))))
            return mail.split(separator: "\n").first { $0.hasPrefix("References:") }.map(String.init) ?? ""
        }
        let hostile = try root("2020>0301\u{E9} @x")
        #expect(hostile.wholeMatch(of: #/References: <case-h\.[0-9a-f]{32}@cci\.example>/#) != nil)
        #expect(try root("2020>0301\u{E9} @x") == hostile)
        #expect(try root("2020>0302\u{E9} @x") != hostile)
        #expect(try root(String(repeating: "9", count: 41)).contains("<case-h."))
    }

    @Test func `the same message is the same bytes`() throws {
        let message = RenderedMessage.make(html: "<p>a</p>")
        #expect(try bytes(of: message) == bytes(of: message))
    }

    @Test func `a parcel travels under the service's address with the message's bytes`() throws {
        let message = RenderedMessage.make()
        let parcel = try Parcel(mail: message, zone: .paris, service: .make())
        #expect(parcel.mail?.sender == .make("relance@cci.example"))
        #expect(parcel.mail?.recipient == message.to.address)
        #expect(parcel.key == message.key)
        #expect(try parcel.mail?.bytes == bytes(of: message))
    }

    @Test func `what cannot be mail says why`() throws {
        func problem(_ message: RenderedMessage, domain: String = "cci.example") -> MIMEProblem? {
            do {
                _ = try MIMEMessage.bytes(
                    of: message, zone: .paris, messageIDDomain: domain, sender: message.from.address)
                return nil
            } catch { return error }
        }
        #expect(problem(.make(channel: .sms)) == .notMail)
        #expect(problem(.make(subject: "")) == .emptySubject)
        #expect(problem(.make(subject: String(repeating: "é", count: 500))) == .subjectTooLong(octets: 1000))
        #expect(problem(.make(thread: .list("a b"))) == .listName("a b"))
        #expect(problem(.make(), domain: "cci.example>\r\nX: y") == .messageIDDomain("cci.example>\r\nX: y"))
        #expect(problem(.make(), domain: "localhost") == .messageIDDomain("localhost"))
        #expect(problem(.make(text: "a\u{0}b")) == .unprintable(field: "text", codePoint: 0, position: 2))
        #expect(problem(.make(html: "a\u{1B}b")) == .unprintable(field: "html", codePoint: 0x1B, position: 2))
        #expect(
            problem(.make(text: String(repeating: "a", count: 262_145))) == .bodyTooLong(octets: 262_145))
        #expect(
            MIMEProblem.unprintable(field: "Subject", codePoint: 0x202E, position: 3).description
                == "Subject: character U+202E at position 3 may not stand there")
    }

    @Test(arguments: [
        "\r\nBcc: x@y.example", "\n", "\r", "a\u{0}", "\u{7F}", "\u{85}", "\u{9B}", "\u{2028}", "\u{2029}",
        "\u{202E}gnp", "\u{2066}", "\u{200B}", "\u{FEFF}", "\u{E0041}", "\u{AD}", "\u{200E}",
    ])
    func `a value that could end its field or hide is refused in every field`(hostile: String) {
        let mailbox = RenderedMessage.Mailbox(name: "Nom " + hostile, address: .make("a@b.example"))
        for message in [
            RenderedMessage.make(subject: "Dossier " + hostile), .make(from: mailbox), .make(to: mailbox),
            .make(replyTo: mailbox),
        ] {
            #expect(throws: MIMEProblem.self) { try bytes(of: message) }
        }
    }

    @Test(arguments: ["directeur@banque.example", "Claire ＠ CCI", "a﹫b"])
    func `a display name that contains an address is refused`(name: String) {
        #expect(throws: MIMEProblem.addressInDisplayName(field: "To")) {
            try bytes(of: .make(to: .init(name: name, address: .make("a@b.example"))))
        }
    }

    @Test(arguments: [
        ("a\r\nb\r\n", nil as String?),
        ("a\n", "line 1: a LF without its CR"),
        ("a\r\n\n.\r\n", "line 2: a LF without its CR"),
        ("a\rb\r\n", "line 1: a CR without its LF"),
        ("a\u{0}\r\n", "line 1: a NUL"),
        ("é\r\n", "line 1: an octet outside ASCII"),
        ("a", "the last line has no end"),
        ("", "the last line has no end"),
        (String(repeating: "a", count: 998) + "\r\n", nil),
        (String(repeating: "a", count: 999) + "\r\n", "line 1: longer than 998 octets"),
    ])
    func `the last look finds what SMTP cannot carry`(text: String, problem: String?) {
        #expect(WireFormat.problem(in: Array(text.utf8)) == problem)
    }
}

/// The bytes in the zone of Paris, as the service of the fixtures sends them.
func bytes(
    of message: RenderedMessage, zone: Zone = .paris, sender: EmailAddress? = nil
) throws(MIMEProblem) -> [UInt8] {
    try MIMEMessage.bytes(
        of: message, zone: zone, messageIDDomain: "cci.example", sender: sender ?? message.from.address)
}

/// The same with LF for CR LF, to be compared with a literal.
private func text(
    of message: RenderedMessage, zone: Zone = .paris, sender: EmailAddress? = nil
) throws -> String {
    let bytes = try bytes(of: message, zone: zone, sender: sender)
    #expect(WireFormat.problem(in: bytes) == nil)
    return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
}
