import Foundation

/// A real Kannel with its fake SMSC on loopback, started by `kannel.sh`.
///
/// Its folder and processes vanish with it, and with this process should that die. Wants kannel and kannel-extras.
package final class KannelServer: Sendable {
    /// Where `sendsms` answers.
    package let port: Int
    package let user = "relance"
    package let password = "canary-5c1e-kannel"
    /// Numbers that begin so are refused by the SMSC's own rules.
    package let deniedPrefix = "+336399899"

    private let script: ServerScript

    /// A text as it came out at the SMSC, its parts joined again.
    package struct Arrival: Hashable, Sendable {
        package var sender: String
        package var recipient: String
        package var text: String
        package var parts: Int
    }

    /// Starts a server, hands it over, and stops it whatever happens; a mobile's answer "STOP" is forwarded to `answers`.
    package static func run<Result>(
        answers: String, _ body: (KannelServer) async throws -> Result
    ) async throws -> Result {
        let server = try await onThread { try KannelServer(answers: answers) }
        do {
            let result = try await body(server)
            try await onThread { server.script.stop() }
            return result
        } catch {
            try await onThread { server.script.stop() }
            throw error
        }
    }

    /// Blocks until the SMSC is connected.
    private init(answers: String) throws {
        let ports = try ServerScript.freePorts(4)
        port = ports[0]
        script = try ServerScript(
            "kannel.sh", folder: "kannel", arguments: ports.map(String.init) + [user, password, answers])
    }

    /// The texts that came out so far, in order; one whose parts are not all there yet is not among them.
    package func arrivals() throws -> [Arrival] {
        let log = try String(contentsOfFile: script.folder + "/smsc.log", encoding: .utf8)
        var arrivals: [Arrival] = []
        var parts: [String: [Int: [UInt8]]] = [:]
        for match in log.matches(
            of: #/Got message \d+: <(\S+) (\S+) (text|data|ucs-?2|udh (\S+) data|udh-\S+ (\S+)) (.*)>/#)
        {
            let (sender, recipient) = (String(match.1), String(match.2))
            let isPlain = match.3 == "text"
            let bytes = isPlain ? Array(match.6.utf8) : Self.decoded(match.6)
            guard let header = (match.4 ?? match.5).map({ Self.decoded($0) }), header.count >= 6 else {
                arrivals.append(
                    Arrival(sender: sender, recipient: recipient, text: Self.text(bytes), parts: 1))
                continue
            }
            // 05 00 03 REFERENCE PARTS PART (3GPP TS 23.040, 9.2.3.24.1)
            let name = "\(sender) \(recipient) \(header[3])"
            parts[name, default: [:]][Int(header[5])] = bytes
            if let all = parts[name], all.count == Int(header[4]) {
                let joined = all.sorted { $0.key < $1.key }.flatMap(\.value)
                arrivals.append(
                    Arrival(sender: sender, recipient: recipient, text: Self.text(joined), parts: all.count))
                parts[name] = nil
            }
        }
        return arrivals
    }

    /// Waits until that many texts have come out, 30 seconds at most, and returns what there is then.
    package func arrivals(atLeast count: Int) async throws -> [Arrival] {
        try await script.wait(forChangesIn: ["/smsc.log"]) { try self.arrivals().count >= count }
        return try arrivals()
    }

    /// UTF-8 as Kannel passes 7-bit texts on, UTF-16 as it passes UCS-2 on: only the latter has zero octets.
    private static func text(_ bytes: [UInt8]) -> String {
        guard bytes.contains(0) else { return String(decoding: bytes, as: UTF8.self) }
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static func decoded(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? byte)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}
