/// How a house is: what a daemon at work knows of it, or else what its ledger and files tell.
package struct HouseStatus: Hashable, Sendable, Codable {
    /// Why the clock is not believed, so that nothing is sent; nil when it is.
    package var clock: String?
    /// Whether the disk has no room for new work.
    package var isDiskFull = false
    package var sources: [Source] = []
    package var routes: [Route] = []
    /// Messages that wait because a case of theirs cannot be relied on: unreadable, contradictory or missing.
    package var waitingForCases = 0
    /// The last reload, if it failed: the configuration from before it is in use.
    package var failedReload: FailedReload?

    package init() {}

    package struct Source: Hashable, Sendable, Codable {
        package var folder: String
        /// As read last.
        package var cases: Int
        package var readAt: Instant
        /// Cases that went missing all at once, and of how many; none of them is let go.
        package var missing = 0
        package var of = 0
        /// Of the folder and of whole files, the first few.
        package var problems: [String] = []
        /// When the oldest copy was read that stands in for a file that is bad now.
        package var copyOf: Instant?

        package init(folder: String, cases: Int, readAt: Instant) {
            self.folder = folder
            self.cases = cases
            self.readAt = readAt
        }
    }

    package struct Route: Hashable, Sendable, Codable {
        package var name: String
        /// Since when every attempt has failed because of it.
        package var failingSince: Instant?
        /// What it said last.
        package var failure: String?
        /// Nothing is tried before, but for one message that finds out whether it works again.
        package var pausedUntil: Instant?

        package init(name: String) {
            self.name = name
        }
    }

    package struct FailedReload: Hashable, Sendable, Codable {
        package var at: Instant
        /// The first few.
        package var problems: [String]

        package init(at: Instant, problems: [String]) {
            self.at = at
            self.problems = problems
        }
    }
}

/// RFC 3339 in UTC.
extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        guard let instant = Instant(rfc3339: try value.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "no instant")
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(rfc3339UTCMilliseconds)
    }
}
