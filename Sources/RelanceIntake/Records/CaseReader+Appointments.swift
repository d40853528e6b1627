import PositionedJSON
import RelanceCore

extension RecordReader {
    /// The appointments whose time can be trusted; of two with one id the last counts, since messages are known by it.
    mutating func appointments(_ field: Field) -> [Appointment] {
        var appointments: [Appointment] = []
        elements(field) { reader, element in
            guard let appointment = reader.appointment(element) else { return }
            if let earlier = appointments.firstIndex(where: { $0.id == appointment.id }) {
                reader.note(
                    .warning, .doubtful("the id of an earlier appointment, which this one replaces"), element)
                appointments.remove(at: earlier)
            }
            appointments.append(appointment)
        }
        return appointments
    }

    private mutating func appointment(_ field: Field) -> Appointment? {
        guard let object = object(field) else { return nil }
        var id: String?
        var startsAt: Result<Instant, Unread>?
        var rest = Appointment(id: "", startsAt: .distantPast)
        var isTrusted = true
        members(of: object, in: field.path + ".", { $0.appointment }) { reader, key, field in
            switch key {
            case .id: id = reader.identifier(field)
            case .startsAt: startsAt = reader.instant(field).asRead
            case .minutes:
                if let minutes = reader.integer(field, in: 1...1440, of: "minutes") { rest.minutes = minutes }
            case .mode: rest.mode = reader.word(field)
            case .place: rest.place = reader.line(field)
            case .confirmedAt: rest.confirmedAt = reader.instant(field)
            case .cancelledAt:
                rest.cancelledAt = reader.instant(field)
                if rest.cancelledAt == nil, field.value.string?.trimmed.isEmpty != true { isTrusted = false }
            case .cancelledBy: rest.cancelledBy = reader.word(field)
            case .moved:
                guard let moves = reader.moves(field) else {
                    isTrusted = false
                    return
                }
                rest.moved = moves
            }
        }
        if startsAt == nil { note(.dropped, .missing(expected: "an instant under \"starts_at\""), field) }
        if id == nil { note(.dropped, .missing(expected: "a name under \"id\""), field) }
        guard let id, case .success(let start)? = startsAt else { return nil }
        guard isTrusted else {
            note(.dropped, .doubtful("whether and when this appointment takes place cannot be told"), field)
            return nil
        }
        return Appointment(
            id: id, startsAt: start, minutes: rest.minutes, mode: rest.mode, place: rest.place,
            confirmedAt: rest.confirmedAt, cancelledAt: rest.cancelledAt, cancelledBy: rest.cancelledBy,
            moved: rest.moved)
    }

    /// The moves in the order they were made; nil when one of them cannot be read.
    private mutating func moves(_ field: Field) -> [Appointment.Move]? {
        guard field.value.kind == .array else {
            drop(field, expected: "a list")
            return nil
        }
        var moves: [Appointment.Move] = []
        var isWhole = true
        elements(field) { reader, element in
            if let move = reader.move(element) { moves.append(move) } else { isWhole = false }
        }
        return isWhole ? moves.sorted { $0.at < $1.at } : nil
    }

    private mutating func move(_ field: Field) -> Appointment.Move? {
        guard let object = object(field) else { return nil }
        var (at, startsAt): (Result<Instant, Unread>?, Result<Instant, Unread>?) = (nil, nil)
        members(of: object, in: field.path + ".", { $0.move }) { reader, key, field in
            switch key {
            case .at: at = reader.instant(field).asRead
            case .startsAt: startsAt = reader.instant(field).asRead
            }
        }
        if at == nil { note(.dropped, .missing(expected: "an instant under \"at\""), field) }
        if startsAt == nil { note(.dropped, .missing(expected: "an instant under \"starts_at\""), field) }
        guard case .success(let when)? = at, case .success(let start)? = startsAt else { return nil }
        return Appointment.Move(at: when, startsAt: start)
    }
}
