import Foundation

/// What /proc says of a process at one moment.
struct ProcessReading: Sendable {
    /// Since the soak began, by the machine.
    var at: Duration
    var residentMiB: Double
    var descriptors: Int
    var threads: Int
    /// Processor time used so far.
    var cpu: Duration

    /// Nil when there is no such process any more.
    init?(of pid: Int32, at: Duration) {
        let place = "/proc/\(pid)"
        guard let status = try? String(contentsOfFile: place + "/status", encoding: .utf8),
            let stat = try? String(contentsOfFile: place + "/stat", encoding: .utf8),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: place + "/fd")
        else { return nil }
        func number(_ name: String) -> Int? {
            status.split(separator: "\n").first { $0.hasPrefix(name + ":") }?
                .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        // Fields 14 and 15, counted behind the name, which may hold anything; hundredths of seconds.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard let resident = number("VmRSS"), let threads = number("Threads"), fields.count > 12,
            let user = Int(fields[11]), let system = Int(fields[12])
        else { return nil }
        self.at = at
        residentMiB = Double(resident) / 1024
        self.descriptors = descriptors.count
        self.threads = threads
        cpu = .milliseconds((user + system) * 10)
    }
}

extension [ProcessReading] {
    /// How fast memory grows, by least squares: one jump of the allocator weighs less than in a difference of ends.
    var residentSlopePerHour: Double {
        guard count > 2 else { return 0 }
        let hours = map { $0.at / .seconds(3600) }
        let (meanHour, meanSize) = (
            hours.reduce(0, +) / Double(count), map(\.residentMiB).reduce(0, +) / Double(count)
        )
        let spread = hours.map { ($0 - meanHour) * ($0 - meanHour) }.reduce(0, +)
        let common = zip(hours, self).map { ($0 - meanHour) * ($1.residentMiB - meanSize) }.reduce(0, +)
        return spread > 0 ? common / spread : 0
    }

    /// The median of the last third less that of the first.
    func drift(of value: (ProcessReading) -> Int) -> Int {
        func median(_ part: some Collection<ProcessReading>) -> Int {
            let sorted = part.map(value).sorted()
            return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
        return median(suffix(Swift.max(1, count / 3))) - median(prefix(Swift.max(1, count / 3)))
    }
}
