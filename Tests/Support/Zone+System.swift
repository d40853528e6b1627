import Foundation
import RelanceCore

extension Zone {
    /// A zone of the system's tz database; a machine without it cannot run the tests.
    package static func system(_ identifier: String) -> Zone {
        let path = "/usr/share/zoneinfo/\(identifier)"
        guard let file = FileManager.default.contents(atPath: path) else {
            preconditionFailure("\(path) is missing: install tzdata")
        }
        do {
            return try Zone(identifier: identifier, tzif: [UInt8](file))
        } catch {
            preconditionFailure("\(path): \(error)")
        }
    }

    package static let paris = Zone.system("Europe/Paris")
}
