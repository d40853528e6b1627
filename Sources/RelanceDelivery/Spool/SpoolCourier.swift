import Foundation
import RelanceCore

/// Mail into a local folder: a Maildir that any mail reader opens, and a journal of one JSON line a message.
///
/// What it promises:
/// - A message is in `mail/new` whole or not at all, and stays there through a power cut: written and synced under
///   `mail/tmp`, moved, the folder synced.
/// - The file's name is the message's key, so that a message handed over twice is one mail, until a reader has
///   moved it.
/// - Each delivery leaves a line in `messages.jsonl` once the mail is in its place; a message handed over twice leaves two
///   lines of one key.
package actor SpoolCourier: Courier {
    private let maildir: Maildir
    private let journal: SpoolFile

    package init(folder: String) throws(SpoolError) {
        try SpoolFile.makeFolder(folder)
        maildir = try Maildir(folder + "/mail")
        journal = try SpoolFile(appendingTo: folder + "/messages.jsonl")
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        let name = parcel.key.text
        do {
            try maildir.prepare(parcel.bytes, as: name)
            do {
                try await handover()
            } catch {
                try maildir.abandon(name)
                return .interrupted
            }
            try maildir.publish(name)
            try journal.append(line(about: parcel))
            return .accepted(reply: "\(maildir.folder)/new/\(name)")
        } catch {
            return .deferred(
                DeliveryFailure(kind: .unknown, scope: .route, detail: "\(error)", alert: true))
        }
    }

    private struct Line: Encodable {
        let key, kind, from, to, file: String
        let date: String?
        let octets: Int
    }

    private func line(about parcel: Parcel) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(
            key: parcel.key.text, kind: parcel.kind.rawValue, from: parcel.sender.description,
            to: parcel.recipient.description, file: "mail/new/\(parcel.key)", date: parcel.dateField,
            octets: parcel.bytes.count)
        return Array(try encoder.encode(line)) + [UInt8(ascii: "\n")]
    }
}

extension Parcel {
    /// The mail's own Date field, so that the journal tells the time of the clock that sent it, virtual or real.
    fileprivate var dateField: String? {
        let header =
            bytes.firstRange(of: Array("\r\n\r\n".utf8)).map { bytes[..<$0.lowerBound] } ?? bytes[...]
        let lines = String(decoding: header, as: UTF8.self).components(separatedBy: "\r\n")
        return lines.first { $0.hasPrefix("Date: ") }.map { String($0.dropFirst(6)) }
    }
}
