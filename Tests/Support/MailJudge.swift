import Foundation
import RelanceCore

/// Reads mails with Python's `email` under its strict policy and says in what they are not what was meant.
package enum MailJudge {
    /// A mail and what a reader should find in it; nil is not looked at.
    package struct Exhibit: Codable, Sendable {
        package var name: String
        package var bytes: Data
        package var subject: String?
        package var from: [String]?
        package var to: [String]?
        package var replyTo: [String]?
        package var text: String?
        package var html: String?
        package var fields: [String]?
        /// The method of the appointment in it; empty for none.
        package var method: String?

        /// Asks whether the bytes say exactly what the message does.
        package init(name: String, bytes: [UInt8], of message: RenderedMessage) {
            func pair(_ mailbox: RenderedMessage.Mailbox) -> [String] {
                [mailbox.name ?? "", mailbox.address.description]
            }
            self.name = name
            self.bytes = Data(bytes)
            subject = message.subject
            from = pair(message.from)
            to = pair(message.to)
            replyTo = message.replyTo.map(pair)
            text = message.text
            html = message.html
            method = message.invitation?.method.rawValue ?? ""
        }

        /// Asks only for a mail without defects.
        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = Data(bytes)
        }
    }

    /// The complaints, one text each; none is the verdict one wants.
    package static func complaints(about exhibits: [Exhibit]) throws -> [String] {
        let answer = try Python.run(script, input: JSONEncoder().encode(exhibits))
        return try JSONDecoder().decode([String].self, from: answer)
    }

    private static let script = #"""
        import base64, json, re, sys
        from email import message_from_bytes, policy
        from email.header import decode_header, make_header
        from email.utils import parseaddr
        known = {"From", "Sender", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
                 "List-Id", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version",
                 "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
        complaints = []
        for exhibit in json.load(sys.stdin):
            data = base64.b64decode(exhibit["bytes"])
            def complain(text):
                complaints.append(exhibit["name"] + ": " + text)
            def expect(what, found, key):
                if exhibit.get(key) is not None and found != exhibit[key]:
                    complain(f"{what} is {found!r}, not {exhibit[key]!r}")
            if re.search(rb"(?<!\r)\n|\r(?!\n)", data): complain("a bare CR or LF")
            if any(b >= 128 or b == 0 for b in data): complain("an octet outside ASCII")
            for line in data.split(b"\r\n"):
                if len(line) > 78 and not re.fullmatch(rb"[\w-]*:? <?\S+>?", line):
                    complain(f"a line of {len(line)} octets")
            try:
                mail = message_from_bytes(data, policy=policy.strict)
                old = message_from_bytes(data, policy=policy.compat32)
            except Exception as error:
                complain(f"not read: {error!r}")
                continue
            for part in mail.walk():
                for defect in part.defects: complain(f"defect {defect!r}")
                for name, value in part.items():
                    if name not in known: complain(f"unknown field {name}")
                    if part.get_all(name) != [value]: complain(f"{name} stands twice")
                    for defect in getattr(value, "defects", ()): complain(f"{name}: {defect!r}")
            for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"):
                if name not in mail: complain(f"no {name}")
            def box(name):
                addresses = mail[name].addresses
                if len(addresses) != 1: complain(f"{name} holds {len(addresses)} addresses")
                # Python 3.11 puts a space between the encoded words of a phrase; its older reader does not.
                raw, spec = parseaddr(old[name])
                if spec != addresses[0].addr_spec: complain(f"{name} is two addresses to two readers")
                return [str(make_header(decode_header(raw))), spec]
            expect("Subject", mail["Subject"], "subject")
            expect("From", box("From"), "from")
            expect("To", box("To"), "to")
            if "Reply-To" in mail: expect("Reply-To", box("Reply-To"), "replyTo")
            elif exhibit.get("replyTo"): complain("no Reply-To")
            if mail["Date"].datetime.utcoffset() is None: complain("Date without offset")
            body, files = mail, []
            if mail.get_content_type() == "multipart/mixed": body, *files = mail.iter_parts()
            parts = [body] if not body.is_multipart() else list(body.iter_parts())
            kinds = [part.get_content_type() for part in parts]
            entries = [part for part in parts if part.get_content_type() == "text/calendar"]
            if kinds not in (["text/plain"], ["text/plain", "text/html"], ["text/plain", "text/calendar"],
                             ["text/plain", "text/html", "text/calendar"]): complain(f"parts {kinds}")
            for file in files:
                kind = file.get_content_type()
                if kind != ("application/ics" if entries else "text/calendar"): complain(f"a file of {kind}")
                if file.get_content_disposition() != "attachment": complain("a file that is no attachment")
                if file.get_filename() not in ("rendez-vous.ics", "appointment.ics"):
                    complain(f"a file called {file.get_filename()!r}")
                for entry in entries:
                    if entry.get_payload(decode=True) != file.get_payload(decode=True):
                        complain("two appointments")
            if len(files) > 1 or entries and not files: complain(f"{len(files)} files")
            if exhibit.get("html") and "text/html" not in kinds: complain("no HTML")
            calendars = entries + [file for file in files if file.get_content_type() == "text/calendar"]
            expect("method", "".join(part.get_param("method", "none") for part in calendars), "method")
            for part, key in zip(parts, ("text", "html")):
                if key == "html" and part.get_content_type() != "text/html": continue
                try: expect(key, part.get_content(errors="strict").replace("\r\n", "\n"), key)
                except Exception as error: complain(f"{key}: {error!r}")
        json.dump(complaints, sys.stdout)
        """#
}
