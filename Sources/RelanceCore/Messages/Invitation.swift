/// An appointment as one person's calendar takes it: the value behind the iCalendar part of a mail (RFC 5545, 5546).
///
/// Each recipient gets an invitation of their own, so that nobody reads another's address (domain 4.6). What a later
/// one changes follows from two fields: the same `uid` names the same appointment, and the higher `sequence` wins.
package struct Invitation: Hashable, Sendable {
    /// What the calendar is asked to do (RFC 5546, 1.4).
    package enum Method: String, CaseIterable, Hashable, Sendable {
        /// Take the appointment in, or take its new date.
        case request = "REQUEST"
        /// Take the appointment out.
        case cancel = "CANCEL"
        /// A file to open for those who want it: no attendee, no buttons.
        case publish = "PUBLISH"
    }

    package var method: Method
    /// One for the appointment's life: see ``uid(of:appointment:domain:)``.
    package var uid: String
    /// 0 at first, one more with each move, with the cancellation and with a confirmation after it, all of which
    /// calendars ignore unless it rises.
    package var sequence: Int
    package var stampedAt: Instant
    package var startsAt: Instant
    package var minutes: Int
    /// The title, which others may see in a shared calendar: the kind of entry and nothing more (design D10).
    package var summary: String
    package var location: String?
    /// What is to know beside the place: a telephone number, the reference; may have several lines.
    package var details: String
    /// The mailbox the mail comes from: Outlook shows the organizer as the sender.
    package var organizer: RenderedMessage.Mailbox
    /// Whoever the mail goes to.
    package var attendee: RenderedMessage.Mailbox
    package var language: Language

    package init(
        method: Method, uid: String, sequence: Int, stampedAt: Instant, startsAt: Instant, minutes: Int,
        summary: String, location: String? = nil, details: String, organizer: RenderedMessage.Mailbox,
        attendee: RenderedMessage.Mailbox, language: Language
    ) {
        self.method = method
        self.uid = uid
        self.sequence = sequence
        self.stampedAt = stampedAt
        self.startsAt = startsAt
        self.minutes = minutes
        self.summary = summary
        self.location = location
        self.details = details
        self.organizer = organizer
        self.attendee = attendee
        self.language = language
    }

    /// The identifier of a case's appointment, the same for as long as reference, record and domain stay the same.
    ///
    /// A digest, as RFC 7986 (5.3) advises: whatever a record uses as an identifier, neither a name nor a character
    /// that a calendar might trip over gets through.
    package static func uid(of ref: CaseReference, appointment id: String, domain: String) -> String {
        // A reference holds no control character, so no two pairs are one text.
        let digest = Checksum.sha256Hex(Array((ref.text + "\u{0}" + id).utf8))
        return "\(digest.prefix(32))@\(domain)"
    }
}
