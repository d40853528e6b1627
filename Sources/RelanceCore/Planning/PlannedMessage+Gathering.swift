extension PlannedMessage {
    /// Several notices of new cases to one person become one mail (domain 2.4, kind 13).
    ///
    /// The message with the smallest key carries the others and covers their keys; everything else stays as it is.
    package static func gathered(_ messages: [PlannedMessage]) -> [PlannedMessage] {
        var notices: [String: [PlannedMessage]] = [:]
        var gathered: [PlannedMessage] = []
        for message in messages {
            if message.kind == .newCase {
                notices[message.recipient.id, default: []].append(message)
            } else {
                gathered.append(message)
            }
        }
        for (_, group) in notices.sorted(by: { $0.key < $1.key }) {
            let group = group.sorted { $0.key < $1.key }
            guard var carrier = group.first else { continue }
            let lines = group.flatMap { message -> [NewCaseLine] in
                if case .newCase(let lines) = message.content { lines } else { [] }
            }
            carrier.content = .newCase(
                lines.sorted {
                    ($0.firstDeadline?.due ?? .distantFuture, $0.brief.ref)
                        < ($1.firstDeadline?.due ?? .distantFuture, $1.brief.ref)
                })
            carrier.cases = group.flatMap(\.cases).sorted()
            carrier.covers = group.dropFirst().map(\.key)
            carrier.wantedAt = group.map(\.wantedAt).min() ?? carrier.wantedAt
            carrier.usefulUntil = group.map(\.usefulUntil).max() ?? carrier.usefulUntil
            gathered.append(carrier)
        }
        return gathered.sorted { ($0.dueAt, $0.key) < ($1.dueAt, $1.key) }
    }
}
