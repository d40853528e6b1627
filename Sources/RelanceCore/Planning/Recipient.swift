/// Who gets a message in the end, once absences and stand-ins have been looked at.
package struct Recipient: Hashable, Sendable {
    package var audience: Audience
    /// The advisor's id, a site's id for its mailbox, or the case's reference for a business.
    package var id: String
    package var name: String?
    package var firstName: String?
    package var email: EmailAddress?
    package var language: Language
    /// Whom it was first meant for, when somebody stands in.
    package var insteadOf: String?

    package init(
        audience: Audience, id: String, name: String? = nil, firstName: String? = nil, email: EmailAddress?,
        language: Language, insteadOf: String? = nil
    ) {
        self.audience = audience
        self.id = id
        self.name = name
        self.firstName = firstName
        self.email = email
        self.language = language
        self.insteadOf = insteadOf
    }
}
