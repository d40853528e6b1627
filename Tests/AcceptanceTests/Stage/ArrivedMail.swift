import Foundation

/// A mail as Postfix put it into a Maildir, read back to the bytes that were handed over.
struct ArrivedMail: Sendable {
    /// As handed over: without the server's own header lines, lines ended by CR LF.
    let bytes: [UInt8]
    /// Whether the server received it with TLS and after AUTH, as its own header line says (RFC 3848).
    let isAuthenticated: Bool
    private let fields: [String: String]

    init(_ maildirText: String) {
        var lines = maildirText.components(separatedBy: "\n")
        let blank = lines.firstIndex(of: "") ?? lines.endIndex
        // Each field with its folded lines; the server's stand before ours.
        var header: [[String]] = []
        for line in lines[..<blank] {
            if line.hasPrefix(" ") || line.hasPrefix("\t"), !header.isEmpty {
                header[header.count - 1].append(line)
            } else {
                header.append([line])
            }
        }
        let added = header.prefix { field in
            ["Return-Path:", "X-Original-To:", "Delivered-To:", "Received:"].contains {
                field[0].hasPrefix($0)
            }
        }
        isAuthenticated = added.joined().contains { $0.contains(" with ESMTPSA ") }
        lines.removeFirst(added.reduce(0) { $0 + $1.count })
        bytes = Array(lines.joined(separator: "\r\n").utf8)
        fields = Dictionary(
            header.dropFirst(added.count).compactMap { field in
                let text = field.joined()
                guard let colon = text.firstIndex(of: ":") else { return nil }
                return (String(text[..<colon]), String(text[text.index(after: colon)...].drop { $0 == " " }))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The field as it stands, folds removed and nothing decoded; nil when there is none.
    subscript(name: String) -> String? { fields[name] }

    var name: String { self["Message-ID"] ?? "a mail without Message-ID" }
}
