import Foundation
import RelanceTestSupport

/// What must hold of a day once it is over, whatever cut it (reliability 3, I1 to I9), and what does not.
struct TortureVerdict: Sendable {
    private(set) var complaints: [String] = []
    /// Whether no message waits for anything any more.
    private(set) var isOver = true
    /// Mails that came twice, and messages nobody can tell of.
    private(set) var twice = 0
    private(set) var unknown = 0

    /// A line of `messages --json`.
    private struct Known: Decodable {
        var key: String
        var kind: String
        var cases: [String]
        var channel: String
        var phase: String
        var held: String?
    }

    /// A line of `ledger export`.
    private struct Entry: Decodable {
        var k: String
        var key: String?
        var outcome: String?
    }

    /// Judges what lies in the house and what its servers took.
    init(of day: TortureDay) async throws {
        let house = day.house
        for ledger: LedgerVerdict in try await told(["ledger", "verify", "--json"], in: house)
        where !ledger.sound || !ledger.warnings.isEmpty {
            complaints.append("the ledger: \(ledger)")
        }
        let known: [Known] = try await told(["messages", "--json"], in: house)
        let entries: [Entry] = try await told(["ledger", "export"], in: house)
        judge(known, of: day)
        judgeCopies(known, entries, of: day)
        complaints += day.relay.complaints + day.gateway.server.complaints

        let settled = Set(known.filter { $0.phase != "unknown" }.map(\.key))
        let state = try house.names(in: "state")
        let outbox = try house.names(in: "state/outbox")
        for name in (state + outbox) where name.contains(".tmp.") || settled.contains(name) {
            complaints.append("\(name) was left over")
        }
    }

    /// What a command tells, one JSON object a line.
    private mutating func told<Line: Decodable>(
        _ command: [String], in house: Installation
    ) async throws -> [Line] {
        let answer = try await house.start(command).end()
        do {
            return try answer.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        } catch {
            complaints.append("\(command.joined(separator: " ")): \(answer.testDescription)")
            return []
        }
    }

    /// Every case has its message, in a state that its fate allows.
    private mutating func judge(_ known: [Known], of day: TortureDay) {
        for role in TortureDay.Role.allCases {
            let messages = known.filter { $0.cases == [role.rawValue] }
            guard messages.count == 1, let message = messages.first else {
                // One that was put off all the time need not have been planned before its case was closed.
                if role != .closed || !messages.isEmpty {
                    complaints.append("\(role) has \(messages.map(\.phase))")
                }
                continue
            }
            let isLegal =
                switch role {
                case .refused: message.phase == "failed"
                case .closed: message.phase == "cancelled"
                case .text:
                    day.gateway.receipted.contains(message.key)
                        ? message.phase == "delivered"
                        : ["sent", "delivered", "unknown"].contains(message.phase)
                case .droppedText: message.phase == "unknown"
                default: ["sent", "unknown"].contains(message.phase)
                }
            if !isLegal { complaints.append("\(role) is \(message.phase)") }
        }
        let final: Set = [
            "sent", "delivered", "undelivered", "failed", "cancelled", "expired", "unknown", "superseded",
        ]
        for message in known where !final.contains(message.phase) || message.held != nil {
            isOver = false
            complaints.append("\(message) is not at its end")
        }
    }

    /// What was taken was attempted; twice only when in doubt, and then the same; a text never.
    private mutating func judgeCopies(_ known: [Known], _ entries: [Entry], of day: TortureDay) {
        let mails = Dictionary(grouping: day.relay.accepted) { Self.key(of: $0.octets) ?? "" }
        let attempted = Set(entries.filter { $0.k == "attempt" }.compactMap(\.key))
        for stranger in Set(mails.keys).union(day.gateway.taken.keys).subtracting(attempted) {
            complaints.append("\(stranger) was taken and never attempted")
        }
        for message in known {
            let copies = mails[message.key] ?? []
            let count = copies.count + (day.gateway.taken[message.key] ?? 0)
            let doubts = entries.count {
                $0.key == message.key && $0.k == "result" && $0.outcome == "ambiguous"
            }
            let most = message.channel == "sms" ? 1 : min(2, 1 + doubts)
            if count > most {
                complaints.append("\(message.cases) came \(count) times with \(doubts) doubts")
            }
            if count == 0, ["sent", "delivered"].contains(message.phase) {
                complaints.append("\(message.cases) is \(message.phase) and never came")
            }
            if message.phase == "unknown", doubts != (message.channel == "sms" ? 1 : 2) {
                complaints.append("\(message.cases) is unknown with \(doubts) doubts")
            }
            if Set(copies.map(\.octets)).count > 1 {
                complaints.append("the copies of \(message.cases) differ")
            }
            twice += copies.count > 1 ? 1 : 0
            unknown += message.phase == "unknown" ? 1 : 0
        }
    }

    private static func key(of mail: [UInt8]) -> String? {
        String(decoding: mail, as: UTF8.self).firstMatch(of: /Message-ID: <([a-z2-7]{26})\.0@/).map {
            String($0.1)
        }
    }
}
