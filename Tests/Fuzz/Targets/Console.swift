import Foundation
import RelanceConsole
import RelanceCore

extension FuzzTarget {
    /// An order of the console's socket.
    ///
    /// Promise: author and reason are one line each, and it reads back as itself.
    static let order = FuzzTarget("order") { bytes in
        guard let order = try? JSONDecoder().decode(OperatorOrder.self, from: Data(bytes)) else { return }
        for line in [order.by, order.reason] {
            try expect(
                !line.isEmpty && SafeText.isPrintable(line),
                "\(line.debugDescription) is one line")
        }
        let again = try JSONDecoder().decode(OperatorOrder.self, from: try JSONEncoder().encode(order))
        try expect(again == order, "\(order) reads back as itself")
    }

    /// The target of a request.
    ///
    /// Promise: no part of a receipt's path leads elsewhere.
    static let requestTarget = FuzzTarget("request_target") { bytes in
        _ = RequestTarget(bytes.text, at: .orders(socket: "/run/relance/console.sock"))
        let loopback = ConsoleSettings.ListenAddress(host: "127.0.0.1", port: 0)
        guard case .receipt(let path)? = RequestTarget(bytes.text, at: .receipts(loopback)) else { return }
        for word in [path.route, path.token].compactMap({ $0 }) {
            try expect(
                word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/\\%?#".utf8.contains($0) }
                    && !word.hasPrefix("."), "\(word.debugDescription) is one plain word")
        }
        // Signatures are over it, and it is nothing else to us.
        try expect(
            path.suffix?.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") } ?? true,
            "\(path.suffix.debugDescription) is what an address may hold")
        try expect((path.suffix ?? "x").utf8.count <= 256, "what follows the token has an end")
    }
}
