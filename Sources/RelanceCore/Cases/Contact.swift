/// The person to reach at the business, each way parsed once at the door.
package struct Contact: Hashable, Sendable {
    package enum Title: String, CaseIterable, Hashable, Sendable {
        case mr, mrs
    }

    package enum Preference: String, CaseIterable, Hashable, Sendable {
        case sms, email, phone, none
    }

    package var title: Title?
    package var firstName: String?
    package var lastName: String?
    package var landline: PhoneNumber?
    /// A number that takes text messages, as the door sees to.
    package var mobile: PhoneNumber?
    package var email: EmailAddress?
    package var prefers: Preference?
    /// Nil is unknown, and unknown consent means no text message (domain 5.1).
    package var smsConsent: Bool?
    package var smsConsentAt: Instant?
    package var language: Language = .french
    /// When the person wants to be called, in their own words; shown to the advisor only.
    package var callHours: String?

    package init() {}
}
