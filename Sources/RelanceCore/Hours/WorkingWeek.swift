/// A stretch of opening on a wall clock, half-open: 09:00:00 is in 09:00–17:30, 17:30:00 is not.
package struct Span: Hashable, Sendable, CustomStringConvertible {
    package let opens: LocalTime
    package let closes: LocalTime

    /// Nil unless it closes after it opens; a span through midnight is two, one ending at 24:00.
    package init?(_ opens: LocalTime, _ closes: LocalTime) {
        guard opens < closes else { return nil }
        self.opens = opens
        self.closes = closes
    }

    package func contains(_ time: LocalTime) -> Bool {
        opens <= time && time < closes
    }

    package var description: String { "\(opens)-\(closes)" }
}

/// The opening hours of one day: any number of spans, in order, none overlapping another; no span is a day off.
package struct OpeningHours: Hashable, Sendable, CustomStringConvertible {
    package let spans: [Span]

    package static let closed = OpeningHours(sorted: [])

    /// Takes spans in any order; two that share a minute are an error.
    package init(_ spans: [Span]) throws(OverlappingSpans) {
        let sorted = spans.sorted { $0.opens < $1.opens }
        for (earlier, later) in zip(sorted, sorted.dropFirst()) where later.opens < earlier.closes {
            throw OverlappingSpans(earlier: earlier, later: later)
        }
        self.init(sorted: sorted)
    }

    private init(sorted spans: [Span]) {
        self.spans = spans
    }

    package var isClosed: Bool { spans.isEmpty }

    package func contains(_ time: LocalTime) -> Bool {
        spans.contains { $0.contains(time) }
    }

    package var description: String { spans.map(\.description).joined(separator: ", ") }
}

/// Two spans of one day share some time.
package struct OverlappingSpans: Error, Hashable, Sendable, CustomStringConvertible {
    package let earlier: Span
    package let later: Span

    package var description: String { "\(earlier) and \(later) overlap" }
}

/// The opening hours that come back every week.
package struct WorkingWeek: Hashable, Sendable {
    private let hours: [OpeningHours]

    /// A weekday that is not named is one of rest.
    package init(_ hours: [Weekday: OpeningHours]) {
        self.hours = Weekday.allCases.map { hours[$0] ?? .closed }
    }

    package func hours(on weekday: Weekday) -> OpeningHours {
        hours[weekday.index]
    }
}
