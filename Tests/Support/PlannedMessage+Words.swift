import RelanceCore

extension PlannedMessage {
    /// The same message with other words wherever it has some that people wrote; what it does not say stays unsaid.
    package func saying(_ word: () -> String) -> PlannedMessage {
        var message = self
        message.recipient.name = recipient.name.map { _ in word() }
        message.recipient.firstName = recipient.firstName.map { _ in word() }
        message.recipient.insteadOf = recipient.insteadOf.map { _ in word() }
        message.content = content.saying(word)
        return message
    }
}

extension MessageContent {
    fileprivate func saying(_ word: () -> String) -> MessageContent {
        switch self {
        case .caseOpened(let brief, let at): .caseOpened(brief.saying(word), promisedBy: at)
        case .advisorAssigned(let brief, let at): .advisorAssigned(brief.saying(word), promisedBy: at)
        case .replacement(let brief, _, let until):
            .replacement(brief.saying(word), standInName: word(), until: until)
        case .appointment(let brief, let notice): .appointment(brief.saying(word), notice.saying(word))
        case .documentsAwaited(let brief, let documents, let asked, let mailed):
            .documentsAwaited(
                brief.saying(word), documents: documents.map { _ in word() }, requestedAt: asked,
                mailedAt: mailed)
        case .unreachable(let brief, let at, let next):
            .unreachable(brief.saying(word), triedAt: at, nextTryOn: next)
        case .followUpDone(let brief, let summary, let at, let next):
            .followUpDone(
                brief.saying(word),
                FollowUpSummary(
                    tellBusiness: summary.tellBusiness,
                    businessWill: summary.businessWill.map { _ in word() },
                    chamberWill: summary.chamberWill.map { _ in word() }, nextOn: summary.nextOn),
                doneAt: at, nextOn: next)
        case .referred(let brief, let to, let day):
            .referred(brief.saying(word), to: to.map { _ in word() }, callOn: day)
        case .caseClosed(let brief): .caseClosed(brief.saying(word))
        case .survey(let brief, let link): .survey(brief.saying(word), link: link)
        case .newCase(let lines):
            .newCase(
                lines.map { line in
                    NewCaseLine(
                        brief: line.brief.saying(word), firstDeadline: line.firstDeadline,
                        insteadOf: line.insteadOf.map { _ in word() })
                })
        case .deadlineReminder(let brief, let deadline): .deadlineReminder(brief.saying(word), deadline)
        case .deadlineOverdue(let brief, let deadline, let at, let to):
            .deadlineOverdue(
                brief.saying(word), deadline, escalatesAt: at, escalatesTo: to.map { _ in word() })
        case .escalation(let brief, let deadline, let at): .escalation(brief.saying(word), deadline, at: at)
        case .externalDate(let brief, let date, let days):
            .externalDate(brief.saying(word), ExternalDate(label: word(), on: date.on), daysLeft: days)
        case .distressAlert: self
        case .digest(let digest): .digest(digest.saying(word))
        case .weeklyReport(let report): .weeklyReport(report.saying(word))
        case .technicalIncident: .technicalIncident(word())
        }
    }
}

extension CaseBrief {
    fileprivate func saying(_ word: () -> String) -> CaseBrief {
        var brief = self
        brief.commune = commune.map { _ in word() }
        brief.employees = employees.map { _ in word() }
        brief.topics = topics.map { _ in word() }
        brief.callHours = callHours.map { _ in word() }
        brief.contactLastName = contactLastName.map { _ in word() }
        brief.advisorName = advisorName.map { _ in word() }
        brief.advisorFirstName = advisorFirstName.map { _ in word() }
        brief.siteName = siteName.map { _ in word() }
        return brief
    }
}

extension AppointmentNotice {
    fileprivate func saying(_ word: () -> String) -> AppointmentNotice {
        var notice = self
        notice.appointment.place = appointment.place.map { _ in word() }
        return notice
    }
}

extension Digest {
    fileprivate func saying(_ word: () -> String) -> Digest {
        var digest = self
        digest.firstName = word()
        digest.lines = lines.map { line in
            var line = line
            line.brief = line.brief.saying(word)
            line.insteadOf = line.insteadOf.map { _ in word() }
            if case .notDelivered(let kind, let channel, _) = line.item {
                line.item = .notDelivered(kind, channel, detail: word())
            }
            return line
        }
        return digest
    }
}

extension WeeklyReport {
    fileprivate func saying(_ word: () -> String) -> WeeklyReport {
        var report = self
        report.siteName = siteName.map { _ in word() }
        report.firstName = firstName.map { _ in word() }
        for counts in [\WeeklyReport.bySite, \.bySector, \.byTopic] {
            report[keyPath: counts] = report[keyPath: counts].map { Count(label: word(), count: $0.count) }
        }
        report.exceptions = exceptions.map { exception in
            if case .standInOverloaded(_, let cases) = exception {
                .standInOverloaded(name: word(), cases: cases)
            } else {
                exception
            }
        }
        report.coming = coming.map { coming in
            switch coming {
            case .closure(let day, _): .closure(day, label: word())
            case .absence(_, let from, let to, let backup):
                .absence(name: word(), from: from, to: to, backup: backup.map { _ in word() })
            case .publicHoliday, .externalDates: coming
            }
        }
        return report
    }
}

extension RenderedMessage {
    /// What no words of people's may bring about, whatever they are; `templates` are the words that are ours.
    ///
    /// Every word is thought to begin as ``hostileBeginning`` does.
    package func breakOuts(beside templates: String = "") -> [String] {
        var found: [String] = []
        for mark in ["<x-fuzz", "\"x-fuzz=", "'x-fuzz="]
        where html?.contains(mark) == true && !templates.contains(mark) {
            found.append("\(mark) stands in the HTML")
        }
        if !SafeText.isPrintable(subject) {
            found.append("the subject \(subject.debugDescription) cannot be printed")
        }
        guard SafeText.isPrintable(templates.replacing("\n", with: " ")) else {
            return found
        }
        for (name, body) in [("text", text), ("HTML", html ?? "")] {
            for line in body.unicodeScalars.split(separator: "\n") where !line.isIsolated {
                found.append("the \(name) has a line that turns round: \(String(line).debugDescription)")
            }
        }
        return found
    }

    /// Markup, the end of an attribute of either kind, a tag of a template.
    package static let hostileBeginning = "<x-fuzz \"x-fuzz='x-fuzz={{ref}}"
}

extension Substring.UnicodeScalarView {
    /// Nothing of it that cannot be seen but isolates, each of which ends on the line it began on (UAX #9).
    fileprivate var isIsolated: Bool {
        var depth = 0
        var rest = String.UnicodeScalarView()
        for scalar in self {
            switch scalar {
            case "\u{2068}": depth += 1
            case "\u{2069}": depth -= 1
            default: rest.append(scalar)
            }
            if depth < 0 { return false }
        }
        return depth == 0 && SafeText.isPrintable(String(rest))
    }
}
