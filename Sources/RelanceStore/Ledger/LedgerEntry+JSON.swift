import PositionedJSON
import RelanceCore

/// The kinds of record, by the word in the file.
enum RecordKind: String {
    case start, downtime, fence, unfence
    case plan, attempt, handover, result, cancel, expire, supersede, hold, release, retry
    case caseHold = "case_hold"
    case caseResume = "case_resume"
    case acknowledge, forget, keys
    case sourceRead = "source_read"
    case sourceAccept = "source_accept"
    case receipt, objection
    case objectionLift = "objection_lift"
    case addressDeath = "address_death"
    case addressRestore = "address_restore"
}

extension LedgerEntry {
    /// Appends the entry as a line without its closing brace; the seal closes it.
    func write(to bytes: inout [UInt8]) {
        var writer = JSONObjectWriter(appendingTo: bytes)
        bytes = []  // one owner, or appending would copy
        writer.member("s", stamp.sequence)
        writer.member("t", stamp.at.rfc3339UTCMilliseconds)
        writer.member("w", stamp.wallClock?.rfc3339UTCMilliseconds)
        writer.member("b", stamp.bootMilliseconds)
        event.write(to: &writer)
        bytes = writer.bytes
    }

    /// Reads a line whose seal has been checked; `line` is the line as it stands, for records that are kept unread.
    init(_ record: RecordReader, line: some Collection<UInt8>) throws(RecordFault) {
        let sequence = try record.integer("s")
        guard LedgerFormat.numbers.contains(sequence) else { throw .badMember("s") }
        let stamp = LedgerStamp(
            sequence: UInt64(clamping: sequence), at: try record.instant("t"),
            wallClock: try record.optionalInstant("w"), bootMilliseconds: try record.integer("b"))
        let word = try record.text("k")
        if let kind = RecordKind(rawValue: word) {
            self.init(stamp: stamp, event: try LedgerEvent(kind, record))
        } else if record.node["crit"]?.integer == 0 {
            self.init(
                stamp: stamp, event: .foreign(kind: word, members: LedgerEvent.foreignMembers(of: line)))
        } else {
            throw .unknownKind(word)
        }
    }
}

extension LedgerEvent {
    fileprivate func write(to record: inout JSONObjectWriter) {
        switch self {
        case .started(let start):
            record.kind(.start)
            record.member("version", start.version)
            record.member("machine", start.machine)
        case .downtime(let downtime):
            record.kind(.downtime)
            record.member("crit", 0)  // who does not know it takes up what is late a little less well
            record.member("since", downtime.since.rfc3339UTCMilliseconds)
            record.member("until", downtime.until.rfc3339UTCMilliseconds)
            if downtime.mayBeOld { record.member("may_be_old", 1) }
            if downtime.isConfirmed { record.member("confirmed", 1) }
        case .fenced(let reason):
            record.kind(.fence)
            record.member("reason", reason.rawValue)
        case .fenceLifted(let by, let reason):
            record.kind(.unfence)
            record.member("by", by)
            record.member("reason", reason)
        case .planned(let plan):
            record.kind(.plan, plan.key)
            plan.write(to: &record)
        case .attempted(let key, let attempt):
            record.kind(.attempt, key)
            record.member("n", attempt.number)
            record.member("route", attempt.route)
            record.member("message_id", attempt.messageID)
            record.member("sha256", attempt.sha256)
            if let parts = attempt.parts { record.member("parts", parts) }
        case .handedOver(let key, let attempt):
            record.kind(.handover, key)
            record.member("n", attempt)
        case .resulted(let key, let result):
            record.kind(.result, key)
            result.write(to: &record)
        case .cancelled(let key, let reason, let by):
            record.kind(.cancel, key)
            record.member("reason", reason)
            record.member("by", by)
        case .expired(let key, let reason):
            record.kind(.expire, key)
            record.member("reason", reason)
        case .superseded(let key, let successor):
            record.kind(.supersede, key)
            record.member("by", successor.text)
        case .held(let key, let reason, let by):
            record.kind(.hold, key)
            record.member("reason", reason)
            record.member("by", by)
        case .released(let key, let reason, let by):
            record.kind(.release, key)
            record.member("reason", reason)
            record.member("by", by)
        case .retried(let key, let by, let reason):
            record.kind(.retry, key)
            record.member("by", by)
            record.member("reason", reason)
        case .receipted(let key, let receipt):
            record.kind(.receipt, key)
            receipt.write(to: &record)
        case .objected(let mark, let objection):
            record.kind(.objection)
            record.member("address", mark.text)
            record.member("source", objection.source.rawValue)
            record.member("by", objection.by)
            record.member("proof", objection.proof)
            record.member("call", objection.call)
        case .objectionLifted(let mark, let by, let reason):
            record.kind(.objectionLift)
            record.member("address", mark.text)
            record.member("by", by)
            record.member("reason", reason)
        case .addressDied(let mark, let detail):
            record.kind(.addressDeath)
            record.member("address", mark.text)
            record.member("detail", detail)
        case .addressRestored(let mark, let by, let reason):
            record.kind(.addressRestore)
            record.member("address", mark.text)
            record.member("by", by)
            record.member("reason", reason)
        case .caseHeld(let ref, let until, let by, let reason):
            record.kind(.caseHold)
            record.member("case", ref.text)
            record.member("until", until?.iso)
            record.member("by", by)
            record.member("reason", reason)
        case .caseResumed(let ref, let by, let reason):
            record.kind(.caseResume)
            record.member("case", ref.text)
            record.member("by", by)
            record.member("reason", reason)
        case .acknowledged(let ref, let by):
            record.kind(.acknowledge)
            record.member("case", ref.text)
            record.member("by", by)
        case .sourceRead(let reading):
            record.kind(.sourceRead)
            record.member("crit", 0)  // without it a start only takes the sources as they are
            record.member("source", reading.source)
            if !reading.added.isEmpty { record.member("added", reading.added.map(\.text)) }
            if !reading.gone.isEmpty { record.member("gone", reading.gone.map(\.text)) }
        case .sourcesAccepted(let cases, let by, let reason):
            record.kind(.sourceAccept)
            record.member("crit", 0)  // nothing folds to anything else without it
            record.member("cases", cases)
            record.member("by", by)
            record.member("reason", reason)
        case .forgotten(.settled(let details, let keys)):
            record.kind(.forget)
            record.member("details", details.rfc3339UTCMilliseconds)
            record.member("keys", keys.rfc3339UTCMilliseconds)
        case .forgotten(.ofCase(let ref)):
            record.kind(.forget)
            record.member("case", ref.text)
        case .remembered(let settled):
            record.kind(.keys)
            let sorted = settled.sorted { $0.key < $1.key }
            record.member("settled", sorted.map { ($0.key.text, $0.value.rfc3339UTCMilliseconds) })
        case .foreign(_, let members):
            record.raw(members)
        }
    }

    fileprivate init(_ kind: RecordKind, _ record: RecordReader) throws(RecordFault) {
        switch kind {
        case .start:
            self = .started(
                ProgramStart(version: try record.text("version"), machine: try record.text("machine")))
        case .sourceRead:
            self = .sourceRead(
                SourceReading(
                    source: try record.text("source"),
                    added: try record.list("added", ifMissing: []) { CaseReference($0) },
                    gone: try record.list("gone", ifMissing: []) { CaseReference($0) }))
        case .sourceAccept:
            self = .sourcesAccepted(
                cases: try record.count("cases"), by: try record.text("by"), reason: try record.text("reason")
            )
        case .downtime:
            self = .downtime(
                Downtime(
                    since: try record.instant("since"), until: try record.instant("until"),
                    mayBeOld: record.node["may_be_old"]?.integer == 1,
                    isConfirmed: record.node["confirmed"]?.integer == 1))
        case .fence: self = .fenced(try record.word("reason"))
        case .unfence: self = .fenceLifted(by: try record.text("by"), reason: try record.text("reason"))
        case .plan: self = .planned(try PlanRecord(record))
        case .attempt:
            self = .attempted(
                try record.key("key"),
                Attempt(
                    number: try record.count("n"), route: try record.text("route"),
                    messageID: try record.text("message_id"), sha256: try record.text("sha256"),
                    parts: try record.optionalParts()))
        case .handover: self = .handedOver(try record.key("key"), attempt: try record.count("n"))
        case .result: self = .resulted(try record.key("key"), try AttemptResult(record))
        case .cancel:
            self = .cancelled(
                try record.key("key"), reason: try record.text("reason"), by: record.optionalText("by"))
        case .expire: self = .expired(try record.key("key"), reason: try record.text("reason"))
        case .supersede: self = .superseded(try record.key("key"), by: try record.key("by"))
        case .hold:
            self = .held(
                try record.key("key"), reason: try record.text("reason"), by: record.optionalText("by"))
        case .release:
            self = .released(
                try record.key("key"), reason: record.optionalText("reason"), by: record.optionalText("by"))
        case .retry:
            self = .retried(
                try record.key("key"), by: try record.text("by"), reason: try record.text("reason"))
        case .receipt: self = .receipted(try record.key("key"), try Receipt(record))
        case .objection:
            self = .objected(
                try record.mark("address"),
                Objection(
                    source: try record.word("source"), by: try record.text("by"),
                    proof: try record.text("proof"), call: record.optionalText("call")))
        case .objectionLift:
            self = .objectionLifted(
                try record.mark("address"), by: try record.text("by"), reason: try record.text("reason"))
        case .addressDeath:
            self = .addressDied(try record.mark("address"), detail: try record.text("detail"))
        case .addressRestore:
            self = .addressRestored(
                try record.mark("address"), by: try record.text("by"), reason: try record.text("reason"))
        case .caseHold:
            self = .caseHeld(
                try record.reference("case"), until: try record.optionalDay("until"),
                by: try record.text("by"), reason: try record.text("reason"))
        case .caseResume:
            self = .caseResumed(
                try record.reference("case"), by: try record.text("by"), reason: record.optionalText("reason")
            )
        case .acknowledge: self = .acknowledged(try record.reference("case"), by: try record.text("by"))
        case .forget:
            if record.node["case"] != nil {
                self = .forgotten(.ofCase(try record.reference("case")))
            } else {
                self = .forgotten(
                    .settled(details: try record.instant("details"), keys: try record.instant("keys")))
            }
        case .keys: self = .remembered(try record.settledKeys("settled"))
        }
    }

    /// What stands between the clocks and the seal of a record that is kept unread.
    fileprivate static func foreignMembers(of line: some Collection<UInt8>) -> String {
        let text = String(decoding: line.dropLast(LedgerFormat.sealLength), as: UTF8.self)
        return text.firstRange(of: #""k":"#).map { String(text[$0.lowerBound...]) } ?? text
    }
}

extension PlanRecord {
    fileprivate func write(to record: inout JSONObjectWriter) {
        record.member("kind", kind.rawValue)
        record.member("variant", variant)
        record.member("deadline", deadline?.rawValue)
        record.member("cases", cases.map(\.text))
        record.member("to", [("role", role.rawValue), ("id", recipientID)])
        record.member("channel", channel.rawValue)
        record.member("addressee", addressee?.text)
        record.member("anchor", anchor.rfc3339UTCMilliseconds)
        record.member("due", dueAt.rfc3339UTCMilliseconds)
        record.member("useful_until", usefulUntil.rfc3339UTCMilliseconds)
        record.member("reason", reason.rawValue)
        if !covers.isEmpty { record.member("covers", covers.map(\.text)) }
    }

    fileprivate init(_ record: RecordReader) throws(RecordFault) {
        let to = try record.object("to")
        self.init(
            key: try record.key("key"), kind: try record.word("kind"),
            variant: record.optionalText("variant"),
            deadline: record.optionalText("deadline").map(DeadlineKind.init(rawValue:)),
            cases: try record.list("cases") { CaseReference(written: $0) }, role: try to.word("role"),
            recipientID: try to.text("id"), channel: try record.word("channel"),
            addressee: record.optionalText("addressee").flatMap { AddressMark($0) },
            anchor: try record.instant("anchor"), dueAt: try record.instant("due"),
            usefulUntil: try record.instant("useful_until"), reason: try record.word("reason"),
            covers: try record.list("covers", ifMissing: []) { MessageKey($0) })
    }
}

extension AttemptResult {
    fileprivate func write(to record: inout JSONObjectWriter) {
        record.member("n", number)
        record.member("outcome", outcome.word)
        if case .accepted(let reply, let proof) = outcome {
            record.member("reply", reply)
            record.member("reference", proof?.reference)
            if let parts = proof?.parts { record.member("parts", parts) }
            record.member("cost", proof?.cost)
            if proof?.isUnnamed == true { record.member("unnamed", 1) }
        }
        if let failure = outcome.failure {
            record.member("failure", failure.kind.rawValue)
            record.member("scope", failure.scope.rawValue)
            if let code = failure.code { record.member("code", code) }
            record.member("detail", failure.detail)
            if failure.alert { record.member("alert", 1) }
        }
        record.member("retry_at", retryAt?.rfc3339UTCMilliseconds)
    }

    fileprivate init(_ record: RecordReader) throws(RecordFault) {
        let outcome: DeliveryOutcome
        switch try record.text("outcome") {
        case "accepted":
            let proof = GatewayProof(
                reference: record.optionalText("reference"),
                parts: try record.optionalParts(), cost: record.optionalText("cost"),
                isUnnamed: record.node["unnamed"]?.integer == 1)
            outcome = .accepted(
                reply: record.optionalText("reply") ?? "", proof: proof == GatewayProof() ? nil : proof)
        case "deferred": outcome = .deferred(try DeliveryFailure(record))
        case "refused": outcome = .refused(try DeliveryFailure(record))
        case "ambiguous": outcome = .ambiguous(try DeliveryFailure(record))
        case "interrupted": outcome = .interrupted
        default: throw .badMember("outcome")
        }
        self.init(
            number: try record.count("n"), outcome: outcome, retryAt: try record.optionalInstant("retry_at"))
    }
}

extension Receipt {
    fileprivate func write(to record: inout JSONObjectWriter) {
        record.member("verdict", verdict.rawValue)
        if let part { record.member("part", part) }
        if let parts { record.member("parts", parts) }
        record.member("failure", failure?.rawValue)
        record.member("detail", detail)
        record.member("route", route)
        if let sending { record.member("n", sending) }
    }

    fileprivate init(_ record: RecordReader) throws(RecordFault) {
        self.init(
            verdict: try record.word("verdict"),
            part: try record.optionalCount("part"), parts: try record.optionalCount("parts"),
            failure: try record.optionalWord("failure"), detail: try record.text("detail"),
            route: try record.text("route"), sending: try record.optionalCount("n"))
    }
}

extension DeliveryFailure {
    fileprivate init(_ record: RecordReader) throws(RecordFault) {
        self.init(
            kind: try record.word("failure"), scope: try record.word("scope"),
            code: try record.optionalCount("code"),
            detail: try record.text("detail"), alert: record.node["alert"]?.integer == 1)
    }
}

extension DeliveryOutcome {
    /// The word of the outcome in the ledger.
    fileprivate var word: String {
        switch self {
        case .accepted: "accepted"
        case .deferred: "deferred"
        case .refused: "refused"
        case .ambiguous: "ambiguous"
        case .interrupted: "interrupted"
        }
    }
}

extension JSONObjectWriter {
    fileprivate mutating func kind(_ kind: RecordKind, _ key: MessageKey? = nil) {
        member("k", kind.rawValue)
        member("key", key?.text)
    }
}
