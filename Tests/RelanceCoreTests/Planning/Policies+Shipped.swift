import RelanceCore
import RelanceStore

extension Policies {
    /// What the program ships (Config/relance.yaml): domain 3.5.
    static let shipped = Policies.shipped(with: "")

    /// The shipped policy with a few lines of YAML laid over it, as a chamber's own file would be.
    static func shipped(with yaml: String) -> Policies {
        let reading = ConfigurationFile(credentialsFolder: nil).read(
            bytes: [UInt8](yaml.utf8), path: "own.yaml")
        guard let configuration = reading.configuration else { preconditionFailure("\(reading.issues)") }
        return configuration.policies
    }
}
