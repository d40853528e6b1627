import Foundation
import RelanceCore

/// Mail into a local folder: a Maildir that any mail reader opens, and a journal of one JSON line a message.
///
/// What it promises:
/// - A message is in `mail/new` whole or not at all, and stays there through a power cut: written and synced under
///   `mail/tmp`, moved, the folder synced.
/// - The file's name is the message's key, so that a message handed over twice is one mail, until a reader has
///   moved it.
/// - Deferred is only what failed before the move. A move that may not last is ambiguous; a mail in its place is accepted
///   even when the journal cannot take its line.
/// - Each message leaves a line in `messages.jsonl` once the mail is in its place; one handed over again while its mail
///   lies there leaves no second line.
package actor SpoolCourier: Courier {
    /// A step behind the move, before which a test can put a fault.
    package enum Step: Sendable {
        case settle, journal
    }

    private let maildir: Maildir
    private let journal: SpoolFile
    private let journalPath: String
    private let fault: (@Sendable (Step) -> Int32?)?

    package init(folder: String, fault: (@Sendable (Step) -> Int32?)? = nil) throws(SpoolError) {
        try SpoolFile.makeFolder(folder)
        maildir = try Maildir(folder + "/mail")
        journalPath = folder + "/messages.jsonl"
        journal = try SpoolFile(appendingTo: journalPath)
        self.fault = fault
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        guard let mail = parcel.mail else {
            let failure = DeliveryFailure(
                kind: .configuration, scope: .message, detail: "the spool takes no text messages yet",
                alert: true)
            return .refused(failure)
        }
        let name = parcel.key.text
        let isAgain: Bool
        do {
            try maildir.prepare(mail.bytes, as: name)
            do {
                try await handover()
            } catch {
                try maildir.abandon(name)
                return .interrupted
            }
            isAgain = maildir.holds(name)
            try maildir.publish(name)
        } catch {
            return .deferred(SpoolCourier.failure(error))
        }
        do {
            try check(.settle)
            try maildir.settle()
        } catch {
            return .ambiguous(SpoolCourier.failure(error))
        }
        let place = "\(maildir.folder)/new/\(name)"
        do {
            if try !isAgain || !isInJournal(name) {
                try check(.journal)
                try journal.append(line(about: parcel, mail))
            }
        } catch {
            return .accepted(reply: "\(place), but not in the journal: \(error)")
        }
        return .accepted(reply: place)
    }

    private static func failure(_ error: any Error) -> DeliveryFailure {
        DeliveryFailure(kind: .unknown, scope: .route, detail: "\(error)", alert: true)
    }

    private func check(_ step: Step) throws(SpoolError) {
        if let errno = fault?(step) { throw SpoolError("\(step)", maildir.folder, errno: errno) }
    }

    /// Looks the key up in the whole journal, which a message handed over twice alone is worth.
    private func isInJournal(_ key: String) throws -> Bool {
        let journal = try Data(contentsOf: URL(fileURLWithPath: journalPath), options: .mappedIfSafe)
        return journal.range(of: Data("\"key\":\"\(key)\"".utf8)) != nil
    }

    private struct Line: Encodable {
        let key, kind, from, to, file: String
        let date: String?
        let octets: Int
    }

    private func line(about parcel: Parcel, _ mail: Parcel.Mail) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            key: parcel.key.text, kind: parcel.kind.rawValue, from: mail.sender.description,
            to: mail.recipient.description, file: "mail/new/\(parcel.key)", date: mail.dateField,
            octets: mail.bytes.count)
        return Array(try encoder.encode(line)) + [UInt8(ascii: "\n")]
    }
}

extension Parcel.Mail {
    /// The mail's own Date field, so that the journal tells the time of the clock that sent it, virtual or real.
    fileprivate var dateField: String? {
        let header =
            bytes.firstRange(of: Array("\r\n\r\n".utf8)).map { bytes[..<$0.lowerBound] } ?? bytes[...]
        let lines = String(decoding: header, as: UTF8.self).components(separatedBy: "\r\n")
        return lines.first { $0.hasPrefix("Date: ") }.map { String($0.dropFirst(6)) }
    }
}
