/// Who gets a message in the end, once absences and stand-ins have been looked at.
package struct Recipient: Hashable, Sendable {
    package var audience: Audience
    /// The advisor's id, a site's id for its mailbox, or the case's reference for a business.
    package var id: String
    package var name: String?
    package var firstName: String?
    package var email: EmailAddress?
    package var phone: PhoneNumber?
    package var language: Language
    /// Whom it was first meant for, when somebody stands in.
    package var insteadOf: String?

    package init(
        audience: Audience, id: String, name: String? = nil, firstName: String? = nil, email: EmailAddress?,
        phone: PhoneNumber? = nil, language: Language, insteadOf: String? = nil
    ) {
        self.audience = audience
        self.id = id
        self.name = name
        self.firstName = firstName
        self.email = email
        self.phone = phone
        self.language = language
        self.insteadOf = insteadOf
    }
}

extension Recipient {
    func hasAddress(for channel: Channel) -> Bool {
        switch channel {
        case .email: email != nil
        case .sms: phone != nil
        }
    }

    /// The mark of the address a channel would use; nil when there is none.
    package func mark(for channel: Channel, instance: String) -> AddressMark? {
        switch channel {
        case .email: email.map { AddressMark($0, instance: instance) }
        case .sms: phone.map { AddressMark($0, instance: instance) }
        }
    }
}
