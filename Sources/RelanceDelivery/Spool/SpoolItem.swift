import Foundation
import RelanceCore

/// A message as the spool keeps it: its file and its line in the journal.
struct SpoolItem {
    let name: String
    let bytes: [UInt8]
    /// Of the journal, its line end included.
    let line: [UInt8]
    /// What a gateway would have said of a text message; nil for a mail.
    let proof: GatewayProof?
    let isMail: Bool

    /// `costPerPart` in ten-thousandths of a currency.
    init(_ parcel: Parcel, costPerPart: Int?) throws {
        switch parcel.content {
        case .mail(let mail): try self.init(parcel, mail)
        case .text(let message): try self.init(parcel, message, costPerPart)
        }
    }

    private init(_ parcel: Parcel, _ mail: Parcel.Mail) throws {
        (name, bytes, proof, isMail) = (parcel.key.text, mail.bytes, nil, true)
        line = try Line(
            key: parcel.key.text, kind: parcel.kind.rawValue, channel: Channel.email.rawValue,
            from: mail.sender.description, to: mail.recipient.description, file: "mail/new/\(name)",
            octets: mail.bytes.count, date: mail.dateField
        ).bytes
    }

    /// Words first told about: whom it is for, what it would take and cost, then the text itself.
    private init(_ parcel: Parcel, _ message: Parcel.TextMessage, _ costPerPart: Int?) throws {
        let text = SMSText(message.text)
        name = parcel.key.text + ".txt"
        isMail = false
        let cost = costPerPart.map { Route.price($0 * text.parts) }
        proof = GatewayProof(parts: text.parts, cost: cost)
        let about: [(String, String?)] = [
            ("To", message.recipient.dialled), ("Reference", message.reference), ("Parts", "\(text.parts)"),
            ("Encoding", text.encoding.rawValue), ("Units", "\(text.units)"), ("Cost", cost),
        ]
        let head = about.compactMap { name, value in value.map { "\(name): \($0)\n" } }.joined()
        bytes = Array((head + "\n" + message.text + "\n").utf8)
        line = try Line(
            key: parcel.key.text, kind: parcel.kind.rawValue, channel: Channel.sms.rawValue,
            to: message.recipient.dialled, file: "sms/new/\(name)", octets: bytes.count, parts: text.parts,
            encoding: text.encoding.rawValue, cost: cost
        ).bytes
    }

    private struct Line: Encodable {
        var key, kind, channel: String
        var from: String?
        var to, file: String
        var octets: Int
        var date: String?
        var parts: Int?
        var encoding: String?
        var cost: String?

        var bytes: [UInt8] {
            get throws {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
            }
        }
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
