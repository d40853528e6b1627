/// How what piled up while nobody was at work is made up for (reliability 2.7).
package struct CatchUpRule: Hashable, Sendable {
    /// A stop as long as this is a downtime; what piles up in a shorter one is a normal day's work.
    package var downtime: Elapsed
    /// Late messages a route takes in a minute at full pace, never more.
    package var perMinute: Int
    /// How long it takes to get to full pace, evenly from none.
    package var ramp: Elapsed
    /// How far the time between two late messages strays either way.
    package var jitterPercent: Int

    package init(downtime: Elapsed, perMinute: Int, ramp: Elapsed, jitterPercent: Int) {
        self.downtime = downtime
        self.perMinute = perMinute
        self.ramp = ramp
        self.jitterPercent = jitterPercent
    }

    /// The time between two late messages so long after the first; `random` is in 0 ..< 1.
    ///
    /// Whatever the jitter, no minute has more than `perMinute`: the shortest pause at full pace is a minute's part.
    package func pause(after elapsed: Elapsed, random: Double) -> Elapsed {
        let jitter = Double(jitterPercent) / 100
        let shortest = 60_000 / Double(max(1, perMinute))
        // A first second is taken as run, so that the pace is never none.
        let run = max(1000, Double(elapsed.milliseconds)) / max(1000, Double(ramp.milliseconds))
        let usual = shortest / (1 - min(jitter, 0.9))
        // At an even ramp of the rate the next one is due when the rate has added up to one.
        let steady = run >= 1 ? usual : min(usual / run, (2 * usual * Double(ramp.milliseconds)).squareRoot())
        return .milliseconds(Int64((steady * (1 - jitter + 2 * jitter * random)).rounded(.up)))
    }
}
