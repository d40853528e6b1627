import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// How the bytes of a connection become requests: the library's pipeline within our limits, and what we forbid it.
package enum RequestPipeline {
    package static func configuration(_ limits: ConsoleLimits) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(limits.head),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerField, maxHeaderListSize: limits.headers,
                maxHeaderFieldCount: limits.headerCount))
    }

    package static func setUp(
        _ http: HTTP1Channel, on channel: any Channel, logger: Logger
    ) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(OriginFormOnly(), position: .after(decoder))
            return value
        }
    }
}

/// Takes the host from requests whose target brings one of its own (RFC 9112, 3.2.2), which are refused for want of one.
///
/// Further on such a target cannot be told any more: the library cuts it down to its path.
private final class OriginFormOnly: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), !head.uri.hasPrefix("/") else {
            return context.fireChannelRead(data)
        }
        head.headers.remove(name: "Host")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
