import Foundation

/// What experiments that kill the program again and again over one state have in common.
extension Installation {
    /// Where the next life's clock begins: not before the last thing the ledger in `state` tells.
    func clock(notBefore earliest: Date) throws -> String {
        // A segment that has just been begun holds nothing but its header.
        let last = try names(in: "state").reversed().lazy.filter { $0.hasPrefix("ledger-") }.compactMap {
            segment in
            String(decoding: try self.read("state/" + segment), as: UTF8.self).split(separator: "\n").lazy
                .reversed().compactMap { line in
                    line.firstMatch(of: /"t":"([^".]+)\.[0-9]+Z".*"c":"[0-9a-f]{8}"}$/).flatMap {
                        try? Date("\($0.1)Z", strategy: .iso8601)
                    }
                }.first
        }.first
        return max(earliest, (last ?? earliest) + 1).formatted(.iso8601)
    }

    /// The folder of what may be lost, as systemd names it: a life that was killed leaves a mark there, and none behind the
    /// ledger.
    var cache: [String: String] { ["CACHE_DIRECTORY": folder + "/cache"] }

    /// Verifies what a kill left, as it lies, while the next life goes on with the original: `configuration` names the
    /// copy as its state.
    ///
    /// Nil when nothing had been written yet.
    func verificationOfCopy(configuration: String) throws -> Task<LedgerVerdict, any Error>? {
        let copy = folder + "/copy"
        if FileManager.default.fileExists(atPath: copy) { try FileManager.default.removeItem(atPath: copy) }
        guard FileManager.default.fileExists(atPath: folder + "/state") else { return nil }
        try makeFolder("copy", mode: 0o700)
        // The socket that a kill leaves behind cannot be copied, and holds nothing.
        for name in try names(in: "state") where name != "relance.sock" {
            try FileManager.default.copyItem(atPath: folder + "/state/" + name, toPath: copy + "/" + name)
        }
        return Task { try await verifyLedger(configuration: folder + "/" + configuration) }
    }
}
