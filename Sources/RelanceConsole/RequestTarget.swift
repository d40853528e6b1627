import HTTPTypes
import HummingbirdCore
import NIOCore
import RelanceCore

/// What a path of ours leads to; every other one leads nowhere.
package enum RequestTarget {
    case health
    case receipt(ReceiptPath)
    case orders
    case status

    /// `/receipts/{route}[/{token}[/{suffix}]]`.
    package struct ReceiptPath {
        package var route: String
        package var token: String?
        package var suffix: String?
    }

    /// Reads the target of a request, path and query; nothing in the path is decoded, since nothing of ours needs it.
    package init?(_ target: String, at door: Console.Door) {
        let path = target.prefix { $0 != "?" }
        switch door {
        case .orders:
            switch path {
            case "/orders": self = .orders
            case "/status": self = .status
            default: return nil
            }
        case .receipts:
            if path == "/healthz" {
                self = .health
                return
            }
            let parts = path.split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
            guard (3...5).contains(parts.count), parts[0].isEmpty, parts[1] == "receipts",
                parts[2].isPlain(1...64), parts.count < 4 || parts[3].isPlain(1...128),
                parts.count < 5 || parts[4].isVisible(0...256)
            else { return nil }
            self = .receipt(
                ReceiptPath(
                    route: String(parts[2]), token: parts.count > 3 ? String(parts[3]) : nil,
                    suffix: parts.count > 4 && !parts[4].isEmpty ? String(parts[4]) : nil))
        }
    }

    var methods: [HTTPRequest.Method] {
        switch self {
        case .health: [.get, .head]
        case .receipt: [.get, .post]
        case .orders: [.post]
        case .status: [.get]
        }
    }
}

extension Substring {
    /// What may stand in an address at all.
    fileprivate func isVisible(_ length: ClosedRange<Int>) -> Bool {
        length.contains(utf8.count) && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Letters, digits and the marks that stand for themselves in a path (RFC 3986, 2.3), not beginning with a dot.
    fileprivate func isPlain(_ length: ClosedRange<Int>) -> Bool {
        length.contains(utf8.count) && first != "."
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~".utf8.contains(byte)
                }
            }
    }
}

extension GatewayCallback {
    init(_ path: RequestTarget.ReceiptPath, _ request: Request, body: [UInt8]) {
        let query = (request.head.path ?? "").drop { $0 != "?" }.dropFirst()
        self.init(
            route: path.route, token: path.token, suffix: path.suffix,
            method: request.method == .post ? .post : .get, query: String(query),
            headers: request.headers.map { Header($0.name.canonicalName, $0.value) }, body: body)
    }
}
