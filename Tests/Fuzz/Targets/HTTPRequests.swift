import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import RelanceConsole

extension FuzzTarget {
    /// What somebody says on a connection to the door for receipts: where it is cut in two, then the bytes.
    ///
    /// Promise: a request that is let in has one Host, which is ours, a target that is a path, lines ended by CR LF, and
    /// one length at most; nothing follows what was no request.
    static let httpRequest = FuzzTarget("http_request") { bytes in
        var cursor = ByteCursor(bytes)
        let cut = Int(cursor.byte())
        let said = Array(cursor.rest)
        let connection = try EmbeddedConnection()
        for part in [said.prefix(cut), said.dropFirst(cut)] where !part.isEmpty {
            connection.hear(part)
        }
        let heard = connection.end()
        try expect(!heard.hasPartBehindError, "nothing follows what was no request")
        let names = HostNames(publicURL: "https://relance.cci.example")
        for (index, head) in heard.heads.enumerated() where names.problem(with: head) == nil {
            let host = head.authority.map { $0.split(separator: ":").first.map(String.init) ?? "" } ?? ""
            try expect(
                ["localhost", "relance.cci.example"].contains(host.lowercased()) || host.isNumericHost,
                "\(host.debugDescription) is ours")
            try expect(head.path?.hasPrefix("/") == true, "a target is a path")
            let chunked = head.headerFields[values: .transferEncoding]
            let lengths = head.headerFields[values: .contentLength]
            try expect(chunked.isEmpty || lengths.isEmpty, "a body has a length or chunks")
            try expect(Set(lengths).count <= 1 && chunked.count <= 1, "a body has one length")
            if index == 0 { try expectHead(said) }
        }
    }

    /// The first head of the bytes, read as strictly as RFC 9112 allows.
    private static func expectHead(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars
        let start = text.drop { $0 == "\r" || $0 == "\n" }
        var lines: [String] = []
        for line in start.split(separator: "\n", omittingEmptySubsequences: false) {
            try expect(line.last == "\r", "a line of a head ends in CR LF")
            let content = line.dropLast()
            guard !content.isEmpty else { break }
            try expect(
                !content.contains { $0 == "\r" || $0 == "\0" }, "a line of a head has no CR and no NUL")
            lines.append(String(content))
        }
        let hosts = lines.dropFirst().filter { $0.lowercased().hasPrefix("host:") }
        try expect(hosts.count == 1, "a request names one host: \(lines)")
        try expect(
            !lines.dropFirst().contains { $0.hasPrefix(" ") || $0.hasPrefix("\t") }, "no line is folded")
    }
}

/// A connection without a network, with the pipeline of the door.
private final class EmbeddedConnection {
    private let channel = EmbeddedChannel()
    private let ear = Ear()
    /// Held until the channel is closed, as the library asks.
    private let value: HTTP1Channel.Value

    init() throws {
        let http = HTTP1Channel(
            responder: { _, _, _ in }, configuration: RequestPipeline.configuration(ConsoleLimits()))
        let logger = Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() })
        value = try RequestPipeline.setUp(http, on: channel, logger: logger).wait()
        let pipeline = channel.pipeline.syncOperations
        let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
        try pipeline.addHandler(ear, position: .after(codec))
        channel.pipeline.fireChannelActive()
    }

    func hear(_ bytes: ArraySlice<UInt8>) {
        // What it throws the ear has heard.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func end() -> Ear {
        // What is left in it does not matter.
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return ear
    }
}

/// Keeps what comes out of the pipeline, in the place of whoever would answer.
private final class Ear: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart

    /// Of the requests that came to their end: what does not is never passed on.
    private(set) var heads: [HTTPRequest] = []
    private(set) var hasPartBehindError = false
    private var hasError = false
    private var head: HTTPRequest?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasPartBehindError = hasPartBehindError || hasError
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            heads += [head].compactMap(\.self)
            head = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        hasError = true
    }
}

extension String {
    /// An address that no name server had to be asked for.
    fileprivate var isNumericHost: Bool {
        hasPrefix("[")
            || split(separator: ".", omittingEmptySubsequences: false).count == 4
                && split(separator: ".").allSatisfy { UInt8($0) != nil }
    }
}
