extension Sequence<String> {
    /// The name somebody most likely meant; nil when none is close enough to be offered.
    ///
    /// Close is an edit distance (insertions, deletions, substitutions and swaps of neighbours) of at most a third
    /// of the longer name. Of two equally close names the first wins.
    package func nearest(to written: String) -> String? {
        let wanted = Array(written.lowercased().utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for name in self {
            let candidate = Array(name.lowercased().utf8)
            let distance = editDistance(wanted, candidate)
            guard distance <= Swift.max(wanted.count, candidate.count) / 3 else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }
}

/// Restricted Damerau–Levenshtein distance, in three rows.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = Swift.min(previous[j + 1], row[j]) + 1
            cost = Swift.min(cost, previous[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = Swift.min(cost, before[j - 1] + 1) }
            row.append(cost)
        }
        (before, previous) = (previous, row)
    }
    return previous[b.count]
}
