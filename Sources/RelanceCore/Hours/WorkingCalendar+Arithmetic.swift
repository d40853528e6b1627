/// Working time counted on the compiled stretches; the promises are written at the head of `WorkingCalendar`.
extension WorkingCalendar {
    package func isOpen(at instant: Instant) -> Bool {
        let index = stretch(closingAfter: instant.milliseconds)
        return index < opens.count && opens[index] <= instant.milliseconds
    }

    /// The instant itself when open, else the opening that follows.
    package func nextOpening(atOrAfter instant: Instant) -> Instant? {
        guard extent.contains(instant) else { return nil }
        let index = stretch(closingAfter: instant.milliseconds)
        guard index < opens.count else { return nil }
        return Instant(milliseconds: max(opens[index], instant.milliseconds))
    }

    /// The instant itself when open, else the closing that came last, at this very instant or before.
    package func previousClosing(atOrBefore instant: Instant) -> Instant? {
        guard extent.contains(instant) else { return nil }
        let index = stretch(closingAfter: instant.milliseconds)
        if index < opens.count, opens[index] <= instant.milliseconds { return instant }
        return index > 0 ? Instant(milliseconds: closes[index - 1]) : nil
    }

    /// The next instant after this one at which an opening ends.
    package func nextClosing(after instant: Instant) -> Instant? {
        guard extent.contains(instant) else { return nil }
        let index = stretch(closingAfter: instant.milliseconds)
        return index < closes.count ? Instant(milliseconds: closes[index]) : nil
    }

    /// The earliest instant at which this much working time has elapsed since the start.
    ///
    /// A negative amount is subtracted.
    package func adding(_ working: WorkingDuration, to start: Instant) -> Instant? {
        guard working >= .zero else { return subtracting(working.negated, from: start) }
        guard extent.contains(start) else { return nil }
        let index = stretch(closingAfter: start.milliseconds)
        guard index < opens.count else { return nil }
        let from = max(opens[index], start.milliseconds)
        if working == .zero { return Instant(milliseconds: from) }
        let before = sums[index] + (from - opens[index])
        guard let total = sums.last, working.milliseconds <= total - before else { return nil }
        let target = before + working.milliseconds
        let end = stretch(reaching: target, from: index)
        return Instant(milliseconds: opens[end] + (target - sums[end]))
    }

    /// The latest instant from which this much working time elapses until the end.
    ///
    /// A negative amount is added.
    package func subtracting(_ working: WorkingDuration, from end: Instant) -> Instant? {
        guard working >= .zero else { return adding(working.negated, to: end) }
        if working == .zero { return previousClosing(atOrBefore: end) }
        guard extent.contains(end) else { return nil }
        let elapsed = openTime(before: end.milliseconds)
        guard working.milliseconds <= elapsed else { return nil }
        let target = elapsed - working.milliseconds
        // The last stretch with no more than the target before it: an exact hit is its opening, the latest instant.
        let index = opens.indices.partitioningIndex { sums[$0] > target } - 1
        return Instant(milliseconds: opens[index] + (target - sums[index]))
    }

    /// The working time between two instants, negative when the second comes first.
    package func workingTime(from start: Instant, to end: Instant) -> WorkingDuration? {
        guard extent.contains(start), extent.contains(end) else { return nil }
        return WorkingDuration(
            milliseconds: openTime(before: end.milliseconds) - openTime(before: start.milliseconds))
    }

    /// The milliseconds of opening from the first compiled date to here.
    private func openTime(before instant: Int64) -> Int64 {
        let index = stretch(closingAfter: instant)
        guard index < opens.count else { return sums[opens.count] }
        return sums[index] + max(0, instant - opens[index])
    }

    /// The first stretch that closes after this instant, or one past the last.
    func stretch(closingAfter instant: Int64) -> Int {
        closes.indices.partitioningIndex { closes[$0] > instant }
    }

    /// The first stretch by whose closing so much has been open; the caller knows that there is one.
    ///
    /// Most amounts end within a few stretches, so the search doubles its steps from where it starts.
    private func stretch(reaching target: Int64, from index: Int) -> Int {
        var low = index
        var step = 1
        while low + step < opens.count, sums[low + step] < target {
            low += step
            step *= 2
        }
        let high = min(low + step, opens.count)
        return (low..<high).partitioningIndex { sums[$0 + 1] >= target }
    }
}

extension WorkingDuration {
    /// The same length the other way; the one that cannot be negated becomes the longest.
    fileprivate var negated: WorkingDuration {
        WorkingDuration(milliseconds: milliseconds == .min ? .max : -milliseconds)
    }
}

extension Range<Int> {
    /// The first number of which the test is true, given that it stays true; the upper bound when it never is.
    @inline(__always)
    func partitioningIndex(_ isBeyond: (Int) -> Bool) -> Int {
        var low = lowerBound
        var high = upperBound
        while low < high {
            let middle = low + (high - low) / 2
            if isBeyond(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
