/// What this program calls itself.
package enum Version {
    package static let current = "0.1.0"
}
