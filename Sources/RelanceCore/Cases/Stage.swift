/// Where a case stands (domain 1.1, under the English names of design 4).
package enum Stage: String, CaseIterable, Hashable, Sendable {
    case listening, diagnosis
    case waitingForBusiness = "waiting_for_business"
    case followUp = "follow_up"
    case referredToScheme = "referred_to_scheme"
    case referredToCourt = "referred_to_court"
    case suspended, closed
}

package enum Priority: String, CaseIterable, Hashable, Sendable {
    case green, orange, red
}

/// How the business reached us.
package enum Origin: String, CaseIterable, Hashable, Sendable {
    case call, voicemail
    case webForm = "web_form"
    case email, partner
}

/// How a case ended: a closed list, because the lead's figures depend on it (domain 1.1).
package enum Outcome: String, CaseIterable, Hashable, Sendable {
    case chamberSolution = "chamber_solution"
    case referredToScheme = "referred_to_scheme"
    case referredToCourt = "referred_to_court"
    case referredToPartner = "referred_to_partner"
    case simpleInformation = "simple_information"
    case unreachable
    case businessGaveUp = "business_gave_up"
    case outOfScope = "out_of_scope"
    case duplicate
    case cessation
}

/// A language people are written to in.
package enum Language: String, CaseIterable, Hashable, Sendable {
    case french = "fr"
    case english = "en"
}

/// A way a message travels.
package enum Channel: String, CaseIterable, Hashable, Sendable {
    case email, sms
}
