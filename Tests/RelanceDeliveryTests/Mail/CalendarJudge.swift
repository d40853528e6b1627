import Foundation
import RelanceCore
import RelanceTestSupport

/// Reads the appointment out of a mail as a client would and says in what it is not what was meant.
///
/// Python's strict `email` takes the calendar part out of the mail, then two libraries read it: Python's `icalendar`
/// and libical, the C library under GNOME's and KDE's calendars. A text is compared by `icalendar` only where its
/// release 4.0.3 reads RFC 5545 rightly: it takes a backslash before some characters for an escape twice and `%2C`
/// for a comma; libical, which drops white space at the ends of a text, compares every one.
enum CalendarJudge {
    /// A mail and the invitation that a reader should find in it.
    struct Exhibit: Codable, Sendable {
        var name: String
        var bytes: Data
        var method: String
        var uid: String
        var sequence: Int
        /// Seconds since 1970.
        var stampedAt: Int64
        var startsAt: Int64
        var endsAt: Int64
        var texts: [String: String]
        /// Name, in which a slash stands for a backslash, and address.
        var organizer: [String]
        var attendee: [String]?

        init(name: String, mail bytes: [UInt8], of invitation: Invitation) {
            func pair(_ mailbox: RenderedMessage.Mailbox) -> [String] {
                [(mailbox.name ?? "").replacing("\\", with: "/"), mailbox.address.description]
            }
            self.name = name
            self.bytes = Data(bytes)
            method = invitation.method.rawValue
            uid = invitation.uid
            sequence = invitation.sequence
            stampedAt = invitation.stampedAt.seconds
            startsAt = invitation.startsAt.seconds
            endsAt = startsAt + Int64(invitation.minutes) * 60
            texts = ["SUMMARY": invitation.summary, "DESCRIPTION": invitation.details]
            texts["LOCATION"] = invitation.location
            texts = texts.filter { !$0.value.trimmed.isEmpty }
            organizer = pair(invitation.organizer)
            attendee = invitation.method == .publish ? nil : pair(invitation.attendee)
        }
    }

    /// The complaints, one text each; none is the verdict one wants.
    static func complaints(about exhibits: [Exhibit]) throws -> [String] {
        let answer = try Python.run(script, input: JSONEncoder().encode(exhibits))
        return try JSONDecoder().decode([String].self, from: answer)
    }

    private static let script = #"""
        import base64, ctypes, json, re, sys
        from datetime import datetime, timezone
        from email import message_from_bytes, policy
        from urllib.parse import unquote
        import icalendar
        libical = ctypes.CDLL("libical.so.3")
        def c(name, result, *arguments):
            function = getattr(libical, name)
            function.restype, function.argtypes = result, arguments
            return function
        handle, text, kind = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        parse = c("icalparser_parse_string", handle, text)
        component = c("icalcomponent_get_first_component", handle, handle, kind)
        component_kind = c("icalcomponent_string_to_kind", kind, text)
        first = c("icalcomponent_get_first_property", handle, handle, kind)
        following = c("icalcomponent_get_next_property", handle, handle, kind)
        property_kind = c("icalproperty_string_to_kind", kind, text)
        property_value = c("icalproperty_get_value_as_string", text, handle)
        value_of = c("icalproperty_get_value", handle, handle)
        value_text = c("icalvalue_get_text", text, handle)
        parameter = c("icalproperty_get_first_parameter", handle, handle, kind)
        parameter_kind = c("icalparameter_string_to_kind", kind, text)
        cn = c("icalparameter_get_cn", text, handle)
        errors = c("icalcomponent_count_errors", kind, handle)
        MISREAD = re.compile(r"\\[\\nN,;:]|%(2C|3A|3B|5C)")
        def decoded(value):
            return re.sub(r"\^(.)", lambda m: {"^": "^", "'": '"', "n": "\n"}.get(m[1], m[0]), value)
        def newlines(value):
            return re.sub("\r\n|[\r\u2028\u2029]", "\n", value)
        def utc(seconds):
            return datetime.fromtimestamp(seconds, timezone.utc)
        complaints = []
        for exhibit in json.load(sys.stdin):
            def expect(reader, what, found, wanted):
                if found != wanted:
                    complaints.append(f"{exhibit['name']}: {reader} reads {what} {found!r}, not {wanted!r}")
            def person(value, name):
                return [name, unquote(value.partition(":")[2])] if value.startswith("mailto:") else value
            mail = message_from_bytes(base64.b64decode(exhibit["bytes"]), policy=policy.strict)
            part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
            expect("email", "method", part.get_param("method"), exhibit["method"])
            expect("email", "charset", part.get_content_charset(), "utf-8")
            octets = part.get_payload(decode=True)
            lines = octets.split(b"\r\n")
            expect("octets", "last line", lines.pop(), b"")
            for line in lines:
                if len(line) > 75 or b"\r" in line or b"\n" in line: expect("octets", "line", line, "a line of 75")
                try: line.decode("utf-8")
                except UnicodeDecodeError: expect("octets", "line", line, "whole characters")

            calendar = icalendar.Calendar.from_ical(octets)
            expect("icalendar", "components", [c.name for c in calendar.walk()], ["VCALENDAR", "VEVENT"])
            event = calendar.walk("VEVENT")[0]
            expect("icalendar", "errors", event.errors, [])
            expect("icalendar", "METHOD", str(calendar["METHOD"]), exhibit["method"])
            expect("icalendar", "VERSION", str(calendar["VERSION"]), "2.0")
            expect("icalendar", "SEQUENCE", int(event["SEQUENCE"]), exhibit["sequence"])
            expect("icalendar", "DTSTAMP", event.decoded("DTSTAMP"), utc(exhibit["stampedAt"]))
            expect("icalendar", "DTSTART", event.decoded("DTSTART"), utc(exhibit["startsAt"]))
            expect("icalendar", "DTEND", event.decoded("DTEND"), utc(exhibit["endsAt"]))
            expect("icalendar", "CLASS", str(event["CLASS"]), "PRIVATE")
            cancelled = exhibit["method"] == "CANCEL"
            expect("icalendar", "STATUS", str(event["STATUS"]), "CANCELLED" if cancelled else "CONFIRMED")
            properties = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "ORGANIZER", "CLASS", "STATUS", "TRANSP"}
            properties |= set(exhibit["texts"]) | ({"ATTENDEE"} if exhibit.get("attendee") else set())
            expect("icalendar", "properties", set(event.keys()), properties)
            texts = {**exhibit["texts"], "UID": exhibit["uid"]}
            for name, wanted in texts.items():
                if not MISREAD.search(wanted): expect("icalendar", name, str(event[name]), newlines(wanted))
            for name, wanted in (("ORGANIZER", exhibit["organizer"]), ("ATTENDEE", exhibit.get("attendee"))):
                if wanted is None: continue
                found = person(str(event[name]), decoded(event[name].params.get("CN", "")))
                if MISREAD.search(wanted[0]): found[0] = wanted[0]
                expect("icalendar", name, found, wanted)
            asked = {"PARTSTAT": "NEEDS-ACTION", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}
            if exhibit.get("attendee"):
                found = {key: value for key, value in event["ATTENDEE"].params.items() if key != "CN"}
                expect("icalendar", "what is asked", found, asked if exhibit["method"] == "REQUEST" else {})

            tree = parse(octets)
            expect("libical", "errors", errors(tree), 0)
            inner = component(tree, component_kind(b"VEVENT"))
            def properties_of(owner, name):
                found, each = [], first(owner, property_kind(name.encode()))
                while each:
                    found.append(each)
                    each = following(owner, property_kind(name.encode()))
                return found
            def raw(owner, name):
                return [property_value(each).decode() for each in properties_of(owner, name)]
            def stamp(seconds):
                return utc(seconds).strftime("%Y%m%dT%H%M%SZ").zfill(16)
            expect("libical", "METHOD", raw(tree, "METHOD"), [exhibit["method"]])
            expect("libical", "SEQUENCE", raw(inner, "SEQUENCE"), [str(exhibit["sequence"])])
            expect("libical", "DTSTAMP", raw(inner, "DTSTAMP"), [stamp(exhibit["stampedAt"])])
            expect("libical", "DTSTART", raw(inner, "DTSTART"), [stamp(exhibit["startsAt"])])
            expect("libical", "DTEND", raw(inner, "DTEND"), [stamp(exhibit["endsAt"])])
            for name, wanted in texts.items():
                found = [value_text(value_of(each)).decode().strip(" \t") for each in properties_of(inner, name)]
                expect("libical", name, found, [newlines(wanted).strip(" \t")])
            for name, wanted in (("ORGANIZER", exhibit["organizer"]), ("ATTENDEE", exhibit.get("attendee"))):
                people = []
                for each in properties_of(inner, name):
                    label = parameter(each, parameter_kind(b"CN"))
                    people.append(person(property_value(each).decode(), cn(label).decode() if label else ""))
                expect("libical", name, people, [wanted] if wanted else [])
        json.dump(complaints, sys.stdout)
        """#
}
