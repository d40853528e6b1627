import PositionedJSON
import RelanceCore

extension RecordReader {
    /// What was agreed in the last follow-up; a choice to send it that cannot be read is a no.
    mutating func followUp(_ field: Field) -> FollowUpSummary? {
        guard let object = object(field) else { return nil }
        var summary = FollowUpSummary(tellBusiness: false)
        members(of: object, in: field.path + ".", { $0.followUp }) { reader, key, field in
            switch key {
            case .tellBusiness: summary.tellBusiness = reader.boolean(field) ?? false
            case .businessWill: summary.businessWill = reader.lines(field)
            case .chamberWill: summary.chamberWill = reader.lines(field)
            case .nextOn: summary.nextOn = reader.day(field)
            }
        }
        return summary == FollowUpSummary(tellBusiness: false) ? nil : summary
    }

    mutating func documents(_ field: Field) -> DocumentsRequest? {
        guard let object = object(field) else { return nil }
        var documents = DocumentsRequest(requestedAt: nil)
        members(of: object, in: field.path + ".", { $0.documents }) { reader, key, field in
            switch key {
            case .requestedAt: documents.requestedAt = reader.instant(field)
            case .receivedAt: documents.receivedAt = reader.instant(field)
            case .list: documents.list = reader.lines(field)
            }
        }
        return documents == DocumentsRequest(requestedAt: nil) ? nil : documents
    }

    mutating func referral(_ field: Field) -> Referral? {
        guard let object = object(field) else { return nil }
        var referral = Referral(to: nil, at: nil)
        members(of: object, in: field.path + ".", { $0.referral }) { reader, key, field in
            switch key {
            case .to: referral.to = reader.line(field)
            case .at: referral.at = reader.instant(field)
            case .tellBusiness: referral.tellBusiness = reader.boolean(field) ?? false
            }
        }
        return referral == Referral(to: nil, at: nil) ? nil : referral
    }

    mutating func externalDates(_ field: Field) -> [ExternalDate] {
        var dates: [ExternalDate] = []
        elements(field) { reader, element in
            if let date = reader.externalDate(element) { dates.append(date) }
        }
        return dates
    }

    private mutating func externalDate(_ field: Field) -> ExternalDate? {
        guard let object = object(field) else { return nil }
        var (label, source): (String?, String?) = (nil, nil)
        var on: Result<LocalDay, Unread>?
        var (declaredAt, doneAt): (Instant?, Instant?) = (nil, nil)
        members(of: object, in: field.path + ".", { $0.externalDate }) { reader, key, field in
            switch key {
            case .label: label = reader.line(field)
            case .on: on = reader.day(field).asRead
            case .source: source = reader.line(field)
            case .declaredAt: declaredAt = reader.instant(field)
            case .doneAt: doneAt = reader.instant(field)
            }
        }
        guard case .success(let day)? = on else {
            if on == nil { note(.dropped, .missing(expected: "a date under \"on\""), field) }
            return nil
        }
        return ExternalDate(
            label: label ?? "", on: day, source: source, declaredAt: declaredAt, doneAt: doneAt)
    }

    /// Someone heard a person in distress: whatever cannot be read of it, that much stays.
    mutating func distress(_ field: Field, since opening: Instant) -> Distress? {
        guard field.value.kind == .object else {
            careful(field, expected: "an object with \"flagged_at\"", as: "flagged since the opening")
            return Distress(flaggedAt: opening)
        }
        var distress = Distress(flaggedAt: opening)
        var isFlagged = false
        var isBlank = true
        members(of: field.value, in: field.path + ".", { $0.distress }) { reader, key, field in
            isBlank = false
            switch key {
            case .flaggedAt:
                isFlagged = true
                if let instant = reader.instant(field) {
                    distress.flaggedAt = instant
                } else {
                    reader.careful(field, expected: "an instant", as: "flagged since the opening")
                }
            case .acknowledgedAt: distress.acknowledgedAt = reader.instant(field)
            case .calledBackAt: distress.calledBackAt = reader.instant(field)
            case .releasedAt: distress.releasedAt = reader.instant(field)
            }
        }
        if isBlank { return nil }
        if !isFlagged {
            careful(field, expected: "an instant under \"flagged_at\"", as: "flagged since the opening")
        }
        return distress
    }

    mutating func hold(_ field: Field) -> Hold? {
        guard field.value.kind == .object else {
            careful(field, expected: "an object with \"until\"", as: "held until someone lifts it")
            return Hold(until: nil)
        }
        var hold = Hold(until: nil)
        var isBlank = true
        members(of: field.value, in: field.path + ".", { $0.hold }) { reader, key, field in
            isBlank = false
            switch key {
            case .until: hold.until = reader.day(field)
            case .by: hold.by = reader.identifier(field)
            case .reason: hold.reason = reader.freeText(field)
            }
        }
        return isBlank ? nil : hold
    }

    mutating func business(_ field: Field) -> Business {
        var business = Business()
        guard let object = object(field) else { return business }
        members(of: object, in: field.path + ".", { $0.business }) { reader, key, field in
            switch key {
            case .name: business.name = reader.line(field)
            case .siret: business.siret = reader.siret(field)
            case .naf: business.naf = reader.naf(field)
            case .postcode: business.postcode = reader.line(field)
            case .commune: business.commune = reader.line(field)
            case .employees:
                business.employees =
                    field.value.kind == .number ? field.value.numberText : reader.line(field)
            }
        }
        return business
    }

    mutating func contact(_ field: Field) -> Contact {
        var contact = Contact()
        guard let object = object(field) else { return contact }
        var mobileField: Field?
        members(of: object, in: field.path + ".", { $0.contact }) { reader, key, field in
            switch key {
            case .title: contact.title = reader.word(field)
            case .firstName: contact.firstName = reader.line(field)
            case .lastName: contact.lastName = reader.line(field)
            case .landline: contact.landline = reader.phone(field)
            case .mobile:
                contact.mobile = reader.phone(field)
                mobileField = field
            case .email: contact.email = reader.email(field)
            case .prefers: contact.prefers = reader.word(field)
            case .smsConsent: contact.smsConsent = reader.boolean(field)
            case .smsConsentAt: contact.smsConsentAt = reader.instant(field)
            case .language: if let language: Language = reader.word(field) { contact.language = language }
            case .callHours: contact.callHours = reader.line(field)
            }
        }
        if let mobileField { sortNumbers(of: &contact, mobileField) }
        if contact.mobile == nil, contact.landline?.line == .mobile {
            swap(&contact.mobile, &contact.landline)
        }
        return contact
    }

    /// Leaves under `mobile` only a number that takes text messages; another one becomes the landline, if none is there.
    private mutating func sortNumbers(of contact: inout Contact, _ field: Field) {
        guard let number = contact.mobile, !number.takesTextMessages else { return }
        contact.mobile = nil
        switch contact.landline {
        case nil, number:
            contact.landline = number
            note(.warning, .doubtful("no mobile number: kept as the landline, which gets no text"), field)
        case let landline? where landline.line == .mobile:
            contact.landline = number
            contact.mobile = landline
            note(
                .warning, .doubtful("no mobile number: changed places with the landline, which is one"), field
            )
        default:
            drop(field, expected: "a mobile number, and the landline is another one")
        }
    }

    /// SIRET or SIREN, digits only; a doubtful one is kept and warned of, since the person called for help (domain 1.6).
    private mutating func siret(_ field: Field) -> String? {
        guard let text = field.value.string else {
            drop(field, expected: "14 digits in double quotes")
            return nil
        }
        let isPlain = text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        let digits = isPlain ? text : text.filter { !$0.isWhitespace && $0 != "." }
        if digits.isEmpty { return nil }
        guard isPlain || digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), digits.utf8.count <= 14 else {
            drop(field, expected: "the 14 digits of a SIRET")
            return nil
        }
        if !BusinessNumber.isPossible(digits) {
            note(.warning, .doubtful("not a possible SIRET or SIREN"), field)
        }
        return digits
    }

    private mutating func naf(_ field: Field) -> String? {
        guard let text = field.value.string?.trimmed.uppercased() else {
            drop(field, expected: "a code such as 56.10A")
            return nil
        }
        if text.isEmpty { return nil }
        let code = text.utf8.filter { $0 != UInt8(ascii: ".") }
        let isCode =
            code.count == 5 && code.prefix(4).allSatisfy { 0x30...0x39 ~= $0 } && 0x41...0x5A ~= code[4]
        guard isCode, text.utf8.count == 5 || text.utf8.dropFirst(2).first == UInt8(ascii: ".") else {
            drop(field, expected: "a code such as 56.10A")
            return nil
        }
        return String(decoding: code.prefix(2), as: UTF8.self) + "."
            + String(decoding: code.dropFirst(2), as: UTF8.self)
    }
}

/// A required part that stood there and could not be read, as opposed to one that was not there.
struct Unread: Error {}

extension Optional {
    /// Nil is a failure that has been told already.
    var asRead: Result<Wrapped, Unread> { map { .success($0) } ?? .failure(Unread()) }
}

/// SIREN and SIRET, the numbers of INSEE's register (domain 1.6).
enum BusinessNumber {
    /// Whether the check digit is right: Luhn on 9 or 14 digits; establishments of La Poste (SIREN 356000000) may
    /// have a sum of digits that 5 divides instead.
    static func isPossible(_ digits: String) -> Bool {
        let values = digits.utf8.map { Int($0) - 48 }
        switch values.count {
        case 9: return luhn(values)
        case 14:
            return luhn(values)
                || digits.hasPrefix("356000000") && values.reduce(0, +).isMultiple(of: 5)
        default: return false
        }
    }

    private static func luhn(_ digits: [Int]) -> Bool {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let weighted = place.isMultiple(of: 2) ? digit : digit * 2
            sum += weighted > 9 ? weighted - 9 : weighted
        }
        return sum.isMultiple(of: 10)
    }
}
