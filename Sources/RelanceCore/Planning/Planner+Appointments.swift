/// What an appointment sends, to the business and into the advisor's calendar (domain 2.4, kinds 3 to 7).
///
/// Contract:
/// - Only an appointment that was confirmed is spoken of; its latest fact says what earlier ones would have said.
/// - Nothing leaves once it has begun, and nothing of one that contradicts itself.
/// - Its identity in calendars never changes; its number grows with every move and with the cancellation.
/// - A move or cancellation no message can tell in time is a call to make.
extension CaseView {
    func addAppointmentDuties(to duties: inout [BusinessDuty]) {
        for appointment in seen.appointments {
            guard let confirmedAt = appointment.confirmedAt,
                detail != .messages || now < appointment.lastStart
            else { continue }
            let news = appointment.news(confirmedAt: confirmedAt)
            for item in news { addNews(item, isLatest: item == news.last, of: appointment, to: &duties) }
            addReminders(of: appointment, to: &duties)
        }
    }

    /// Why nothing is said of an appointment whose latest news are from an instant, if so.
    ///
    /// What was confirmed before distress was flagged keeps its messages (design 8); a hold or a suspension mutes
    /// appointments as it mutes everything (domain 1.1), and what must be known then is a call.
    private func silence(of appointment: Appointment) -> WithheldReason? {
        if seen.recordedStage == .closed { return .caseClosed }
        if isInDistress, let flaggedAt = seen.distress?.flaggedAt,
            appointment.confirmedAt.map({ $0 > flaggedAt }) ?? true
        {
            return .distress
        }
        return stopped
    }

    // MARK: - Confirmed, moved, cancelled

    private func addNews(
        _ item: Appointment.News, isLatest: Bool, of appointment: Appointment,
        to duties: inout [BusinessDuty]
    ) {
        guard let rule = policy.business.messages[item.kind] else { return }
        let silence = silence(of: appointment)
        let told = isLatest ? lastToldStart(of: appointment, before: item) : item.startsAt
        var item = item
        // A cancellation names the start the business knows, and is worth telling as long as somebody may come.
        let until = item.kind == .appointmentCancelled ? max(item.startsAt, told) : item.startsAt
        if item.kind == .appointmentCancelled, told > item.at { item.startsAt = told }
        let stop: WithheldReason? =
            if !isLatest { .saidOtherwise } else if let silence { silence } else if !item.isSound {
                .tooLate
            } else { nil }
        let callBy = isLatest ? callBy(after: item) : nil
        guard
            var duty = self.duty(
                item.kind, variant: item.variant, step: appointment.id, anchor: item.at, at: item.at,
                rule: rule, end: until, reason: item.reason, stop: stop,
                content: {
                    .appointment(
                        brief(on: policy.zone.day(at: item.startsAt)),
                        notice(
                            of: appointment, startsAt: item.startsAt,
                            formerStart: item.kind == .appointmentMoved && isLatest ? told : nil,
                            callBy: ahead(callBy)))
                })
        else { return }
        duty.callUntil = max(until, callBy ?? until)
        let isOwnWish = item.variant == "on_request"
        if stop == .saidOtherwise || stop == .tooLate || isOwnWish {
            duty.call = isOwnWish && stop == nil ? .whenUnreached : .never
        } else if item.kind != .appointmentConfirmed || silence == .caseClosed {
            duty.call = .whenWithheld
        }
        duty.callStands = duty.call == .whenWithheld
        if isLatest, item.kind != .appointmentConfirmed, !isOwnWish {
            // Inside the quiet hours no message tells it in time for certain (design 8).
            duty.callsAnyway = !policy.windows.transactional.isOpen(at: item.at)
        }
        duties.append(duty)
    }

    /// By when we call to agree on another date, once we have cancelled.
    private func callBy(after item: Appointment.News) -> Instant? {
        guard item.kind == .appointmentCancelled, item.variant == nil,
            let rule = policy.business.callAfterCancelling
        else { return nil }
        return policy.service.instant(rule, from: item.at).map(rounded)
    }

    /// What lies ahead of now: a promise already past is not made any more.
    private func ahead(_ promise: Instant?) -> Instant? {
        promise.flatMap { $0 > now ? $0 : nil }
    }

    /// The start the business knows of: that of the latest message that left, else the one in force when it was
    /// confirmed.
    private func lastToldStart(of appointment: Appointment, before item: Appointment.News) -> Instant {
        guard let confirmedAt = appointment.confirmedAt else { return appointment.startsAt }
        let atFirst = appointment.start(at: confirmedAt)
        guard !memory.told.isEmpty else { return atFirst }
        let moves = appointment.moved.map {
            (kind: MessageKind.appointmentMoved, at: $0.at, startsAt: $0.startsAt)
        }
        let all = moves + [(kind: .appointmentConfirmed, at: confirmedAt, startsAt: atFirst)]
        func wasTold(_ kind: MessageKind, _ at: Instant) -> Bool {
            Channel.allCases.contains { channel in
                let key = key(
                    kind.rawValue, step: appointment.id, anchor: at, channel: channel, slot: .business)
                return memory.told[key]?.leftAt != nil
            }
        }
        return all.filter { $0.at <= item.at && ($0.kind, $0.at) != (item.kind, item.at) }
            .filter { wasTold($0.kind, $0.at) }.max { $0.at < $1.at }?.startsAt ?? atFirst
    }

    private func notice(
        of appointment: Appointment, startsAt: Instant, formerStart: Instant? = nil,
        callBy: Instant? = nil
    ) -> AppointmentNotice {
        AppointmentNotice(
            appointment: appointment, startsAt: startsAt, formerStart: formerStart, callBy: callBy,
            calendar: AppointmentNotice.Calendar(
                uid: Invitation.uid(
                    of: seen.ref, appointment: appointment.id, domain: planner.service.messageIDDomain),
                sequence: appointment.sequence, isCancelled: appointment.isCancelled))
    }

    // MARK: - Reminders

    private func addReminders(of appointment: Appointment, to duties: inout [BusinessDuty]) {
        guard !appointment.isCancelled, let agreedAt = appointment.agreedAt else { return }
        let soon = reminder(.appointmentSoon, of: appointment, agreedAt: agreedAt)
        if var eve = reminder(.appointmentEve, of: appointment, agreedAt: agreedAt) {
            // The next reminder says it better, where there is one.
            if let soon, soon.stop == nil, seen.contact.smsNumber != nil, seen.contact.smsConsent == true {
                eve.usefulUntil = min(eve.usefulUntil, soon.at)
            }
            duties.append(eve)
        }
        if let soon { duties.append(soon) }
    }

    private func reminder(
        _ kind: MessageKind, of appointment: Appointment, agreedAt: Instant
    ) -> BusinessDuty? {
        let start = appointment.currentStart
        guard let rule = policy.business.reminders[kind] else { return nil }
        let window =
            rule.message.window == .status ? policy.windows.status : policy.windows.transactional
        guard let wanted = window.instant(rule.at, from: start),
            let at = window.nextOpening(atOrAfter: wanted)
        else { return nil }
        let stop: WithheldReason? =
            if let silence = silence(of: appointment) {
                silence
            } else if agreedAt >= start
                || at + rule.leavingAtLeast > start
            { .tooLate } else if agreedAt + rule.unlessAgreedWithin > at { .justAgreed } else { nil }
        // What leaves exactly so long before still leaves.
        let end = start - rule.leavingAtLeast + .milliseconds(1)
        guard
            var duty = self.duty(
                kind, step: appointment.id, anchor: start, at: at, rule: rule.message, end: end,
                reason: .appointmentNear, stop: stop,
                content: {
                    .appointment(
                        brief(on: policy.zone.day(at: start)), notice(of: appointment, startsAt: start))
                })
        else { return nil }
        duty.callUntil = start
        duty.callStands = true
        duty.call = kind == .appointmentEve ? .whenUnreached : .never
        return duty
    }

    // MARK: - The advisor's calendar

    /// The latest news of each appointment, for the calendar of who will be there, in the hours for staff.
    func addInvitations(to plan: inout CasePlan) {
        guard let usefulFor = policy.business.invitationUsefulFor, let advisor = seen.advisor else { return }
        for appointment in seen.appointments {
            guard let confirmedAt = appointment.confirmedAt,
                let item = appointment.news(confirmedAt: confirmedAt).last, item.isSound
            else { continue }
            // A calendar is cleared of what was cancelled even after the hour: until the end of that day.
            let end =
                item.kind == .appointmentCancelled
                ? policy.zone.startOfDay(policy.zone.day(at: item.startsAt).adding(days: 1)) : item.startsAt
            // Who takes the case over is told from then on, but not of what she never had.
            let since =
                item.kind == .appointmentCancelled ? item.at : max(item.at, seen.assignedAt ?? item.at)
            guard now < end, let host = personInCharge(of: advisor, on: policy.zone.day(at: item.startsAt)),
                let at = nextAtWork(host, from: isAtWork(host) ? since : max(since, now)),
                let lapse = policy.service.instant(usefulFor, from: at)
            else { continue }
            let candidate = Candidate(
                kind: .appointmentInvitation, variant: item.invitationVariant, anchor: item.at, at: at,
                window: .hours(policy.windows.staff), usefulUntil: min(lapse, end),
                reason: item.reason)
            let isOver = seen.recordedStage == .closed && item.kind != .appointmentCancelled
            file(
                candidate,
                key: key(
                    MessageKind.appointmentInvitation.rawValue, step: appointment.id, anchor: item.at,
                    slot: .advisor, person: host.id),
                stop: isOver ? .caseClosed : stopped,
                recipient: { isAtWork(host, at: $0) ? Recipient(host, as: .advisor) : nil }, to: &plan
            ) { _ in
                .appointment(
                    brief(),
                    notice(
                        of: appointment, startsAt: item.startsAt,
                        formerStart: item.kind == .appointmentMoved ? appointment.start(at: item.at) : nil,
                        callBy: ahead(callBy(after: item))))
            }
        }
    }

    private func isAtWork(_ person: Advisor, at instant: Instant? = nil) -> Bool {
        let (day, time, _) = policy.zone.local(instant ?? now)
        return planner.directory.isPresent(person, on: day) && person.works(on: day, at: time)
    }

    /// When somebody is next at work; nil when she is away for two months.
    private func nextAtWork(_ person: Advisor, from instant: Instant) -> Instant? {
        let first = policy.zone.day(at: instant)
        for day in (0..<60).lazy.map({ first.adding(days: $0) })
        where planner.directory.isPresent(person, on: day) && policy.service.isWorked(day) {
            guard let works = person.works else {
                return day == first ? instant : policy.zone.startOfDay(day)
            }
            for span in works.hours(on: day.weekday).spans
            where policy.zone.instant(day, span.closes) > instant {
                return max(instant, policy.zone.instant(day, span.opens))
            }
        }
        return nil
    }
}

extension Appointment {
    /// One thing that happened to an appointment.
    struct News: Hashable {
        var kind: MessageKind
        var variant: String?
        var at: Instant
        /// The start it speaks of.
        var startsAt: Instant

        /// Whether that start lay ahead at all: nobody confirms, moves or cancels what has begun.
        var isSound: Bool { startsAt > at }

        var reason: DueReason {
            switch kind {
            case .appointmentMoved: .appointmentMoved
            case .appointmentCancelled: .appointmentCancelled
            default: .appointmentConfirmed
            }
        }

        var invitationVariant: String? {
            switch kind {
            case .appointmentMoved: "moved"
            case .appointmentCancelled: "cancelled"
            default: nil
            }
        }
    }

    /// Its confirmation, the moves since and its cancellation, in order.
    func news(confirmedAt: Instant) -> [News] {
        var news = [
            News(
                kind: .appointmentConfirmed, variant: mode == .phone ? "phone" : nil, at: confirmedAt,
                startsAt: start(at: confirmedAt))
        ]
        for move in moved.sorted(by: { $0.at < $1.at }) where move.at >= confirmedAt {
            news.append(News(kind: .appointmentMoved, at: move.at, startsAt: move.startsAt))
        }
        if let cancelledAt, isCancelled {
            news.append(
                News(
                    kind: .appointmentCancelled,
                    variant: cancelledBy == .business ? "on_request" : nil, at: cancelledAt,
                    startsAt: currentStart))
        }
        return news
    }

    /// The start in force at an instant, before what happened at that very instant.
    func start(at instant: Instant) -> Instant {
        moved.filter { $0.at < instant }.max { $0.at < $1.at }?.startsAt ?? startsAt
    }

    /// Its number in calendars, which take what has a higher one only (RFC 5546, 2.1.4).
    ///
    /// One for every move in sight, one for a cancellation, and one more for a confirmation that came after it: a
    /// REQUEST after a CANCEL is higher than the CANCEL was.
    var sequence: Int {
        moved.count + (cancelledAt == nil ? 0 : isCancelled ? 1 : 2)
    }

    /// When its present start was agreed; nil while it is not confirmed.
    var agreedAt: Instant? {
        confirmedAt.map { confirmed in
            moved.map(\.at).max().map { max($0, confirmed) } ?? confirmed
        }
    }

    /// The latest start it ever had: what lies before it may still have something to say.
    var lastStart: Instant {
        moved.map(\.startsAt).max().map { max($0, startsAt) } ?? startsAt
    }
}
