import RelanceCore

/// What the door needs to know to judge a record; handed in, so that reading is a function of bytes and these.
package struct IntakeRules: Sendable {
    /// On whose clocks a time without an offset is read.
    package var zone: Zone
    /// In whose plan a telephone number without a country's code is read (ISO 3166).
    package var region: String
    /// No fact lies outside: such a date is a slip of the pen, not history.
    package var plausible: ClosedRange<Instant>

    /// The service cannot have been called before 2000, nor plan more than two years ahead.
    package init(zone: Zone, now: Instant, region: String = "FR") {
        self.zone = zone
        self.region = region
        let earliest = Instant(seconds: 946_684_800)  // 2000-01-01T00:00:00Z
        plausible = earliest...max(earliest, now + .days(2 * 366))
    }
}
