import RelanceCore

/// The system's time zones, so that an update of tzdata counts at the next start or reload.
package enum ZoneFile {
    /// Reads a zone by its name in the tz database.
    ///
    /// A name is one to three words of letters, digits, `_`, `+` and `-` between slashes, so that none leads elsewhere.
    package static func read(
        _ identifier: String, in folder: String = "/usr/share/zoneinfo"
    ) throws(ZoneFileProblem) -> Zone {
        let words = identifier.split(separator: "/", omittingEmptySubsequences: false)
        let isName =
            (1...3).contains(words.count)
            && words.allSatisfy { word in
                word.first?.isLetter == true
                    && word.utf8.allSatisfy { byte in
                        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || "_+-".utf8.contains(byte)
                    }
            }
        guard isName else { throw ZoneFileProblem(description: "this is no name of a time zone") }
        let bytes: [UInt8]
        do throws(SmallFile.Problem) {
            bytes = try SmallFile.read(folder + "/" + identifier, atMost: 1 << 20)
        } catch {
            throw ZoneFileProblem(
                description: "\(folder)/\(identifier) cannot be read: \(error); is tzdata installed?")
        }
        do throws(ZoneProblem) {
            return try Zone(identifier: identifier, tzif: bytes)
        } catch {
            throw ZoneFileProblem(description: "\(folder)/\(identifier): \(error)")
        }
    }
}

/// Why a time zone could not be had.
package struct ZoneFileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
}
