import Foundation
import RelanceCore

/// Messages into a local folder: mails in a Maildir that any mail reader opens, text messages beside it in a folder of
/// the same make, one text file each, and a journal of one JSON line a message.
///
/// What it promises:
/// - A message is in `mail/new` or `sms/new` whole or not at all, and stays there through a power cut: written and synced
///   under `tmp`, moved, the folder synced.
/// - The file's name is the message's key, so that a message handed over twice is one file, until a reader has
///   moved it.
/// - Deferred is only what failed before the move. A move that may not last is ambiguous; a file in its place is accepted
///   even when the journal cannot take its line.
/// - Each message leaves a line in `messages.jsonl` once its file is in its place; one handed over again while its file
///   lies there leaves no second line.
package actor SpoolCourier: Courier {
    /// A step behind the move, before which a test can put a fault.
    package enum Step: Sendable {
        case settle, journal
    }

    private let mails: Maildir
    private let texts: Maildir
    private let journal: SpoolFile
    private let journalPath: String
    private let costPerPart: Int?
    private let fault: (@Sendable (Step) -> Int32?)?

    /// `costPerPart` is what one part of a text message would cost, in ten-thousandths of a currency.
    package init(
        folder: String, costPerPart: Int? = nil, fault: (@Sendable (Step) -> Int32?)? = nil
    ) throws(SpoolError) {
        try SpoolFile.makeFolder(folder)
        mails = try Maildir(folder + "/mail")
        texts = try Maildir(folder + "/sms")
        journalPath = folder + "/messages.jsonl"
        journal = try SpoolFile(appendingTo: journalPath)
        self.costPerPart = costPerPart
        self.fault = fault
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        let item: SpoolItem
        let maildir: Maildir
        let isAgain: Bool
        do {
            item = try SpoolItem(parcel, costPerPart: costPerPart)
            maildir = item.isMail ? mails : texts
            try maildir.prepare(item.bytes, as: item.name)
            do {
                try await handover()
            } catch {
                try maildir.abandon(item.name)
                return .interrupted
            }
            isAgain = maildir.holds(item.name)
            try maildir.publish(item.name)
        } catch {
            return .deferred(SpoolCourier.failure(error))
        }
        do {
            try check(.settle)
            try maildir.settle()
        } catch {
            return .ambiguous(SpoolCourier.failure(error))
        }
        let place = "\(maildir.folder)/new/\(item.name)"
        do {
            if try !isAgain || !isInJournal(parcel.key.text) {
                try check(.journal)
                try journal.append(item.line)
            }
        } catch {
            return .accepted(reply: "\(place), but not in the journal: \(error)", proof: item.proof)
        }
        return .accepted(reply: place, proof: item.proof)
    }

    private static func failure(_ error: any Error) -> DeliveryFailure {
        DeliveryFailure(kind: .unknown, scope: .route, detail: "\(error)", alert: true)
    }

    private func check(_ step: Step) throws(SpoolError) {
        if let errno = fault?(step) { throw SpoolError("\(step)", journalPath, errno: errno) }
    }

    /// Looks the key up in the whole journal, which a message handed over twice alone is worth.
    private func isInJournal(_ key: String) throws -> Bool {
        let journal = try Data(contentsOf: URL(fileURLWithPath: journalPath), options: .mappedIfSafe)
        return journal.range(of: Data("\"key\":\"\(key)\"".utf8)) != nil
    }
}
