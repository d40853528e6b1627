import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

/// Every zone of the system from 1970 to 2100, held against Python's zoneinfo, which reads the same files on its own.
@Suite struct ZoneAgainstPythonTests {
    /// Reads our account of each zone, one a line: its name, then for each period of constant offset its first second,
    /// its offset and, on a change, a wall clock inside the gap or fold with the second we read it as.
    ///
    /// Prints whatever Python sees otherwise: at both ends of each period, every 21 days within, and at each wall clock.
    private static let script = """
        import sys, zoneinfo, datetime
        zoneinfo.reset_tzpath(["/usr/share/zoneinfo"])
        epoch, second_long = datetime.datetime(1970, 1, 1), datetime.timedelta(seconds=1)
        end, names = 4133980800, set()
        for line in sys.stdin:
            name, *periods = line.split()
            names.add(name)
            zone = zoneinfo.ZoneInfo(name)
            zoned = epoch.replace(tzinfo=zone)
            ours = [tuple(map(int, period.split(","))) for period in periods]
            for index, (start, offset, *change) in enumerate(ours):
                stop = ours[index + 1][0] if index + 1 < len(ours) else end
                for second in [*range(start, stop, 21 * 86400), stop - 1]:
                    at = zoned + second * second_long
                    seen = (zone.fromutc(at).replace(tzinfo=None) - at.replace(tzinfo=None)) // second_long
                    if seen != offset: print(name, second, "ours", offset, "Python's", seen)
                if change:
                    wall, read = change
                    seen = (zoned + wall * second_long).timestamp()
                    if seen != read: print(name, "wall", wall, "ours", read, "Python's", seen)
        for name in zoneinfo.available_timezones() - names - {"localtime"}: print(name, "not compared")
        print("compared", len(names))
        """

    private static func python(_ input: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let (given, output) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = output
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    /// The names of all zones of the system: the files below its folder that begin as zone files do.
    private static func names() -> [String] {
        let root = "/usr/share/zoneinfo"
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            // Twins of the whole tree, and the machine's own choice: no names of zones.
            !["posix/", "right/"].contains { path.hasPrefix($0) }
                && !["localtime", "posixrules"].contains(path)
                && FileManager.default.contents(atPath: "\(root)/\(path)")?.starts(with: "TZif".utf8) == true
        }
    }

    /// A zone from 1970 to 2100 as the script reads it.
    private static func account(of zone: Zone) -> String {
        let periods = zone.periods(from: Instant(seconds: 0), to: Instant(seconds: 4_133_980_800))
        var words = [zone.identifier, "0,\(periods[0].offset)"]
        for (before, after) in zip(periods, periods.dropFirst()) {
            let middle = after.start.seconds + Int64(before.offset + after.offset) / 2
            let minutes = middle / 60
            let day = LocalDay(daysSince1970: Int32(minutes / 1440))
            let read = zone.instant(day, LocalTime(minuteOfDay: Int(minutes % 1440))).seconds
            words.append("\(after.start.seconds),\(after.offset),\(minutes * 60),\(read)")
        }
        return words.joined(separator: " ")
    }

    @Test func `every zone has Python's offsets from 1970 to 2100, and reads gaps and folds alike`() throws {
        let names = ZoneAgainstPythonTests.names()
        #expect(names.count > 400)
        let accounts = names.map { ZoneAgainstPythonTests.account(of: .system($0)) }
        let verdict = try ZoneAgainstPythonTests.python(accounts.joined(separator: "\n"))
        #expect(verdict == ["compared \(names.count)"], "needs python3 with zoneinfo (3.9 or later)")
    }
}
