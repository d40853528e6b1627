import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore
import RelanceCore

extension Console {
    /// Has the desk do what a body orders, and answers with its sentence.
    func carryOut(_ body: [UInt8]) async -> Response {
        let order: OperatorOrder
        do {
            order = try JSONDecoder().decode(OperatorOrder.self, from: Data(body))
        } catch {
            return .answer(.badRequest, "this is no order")
        }
        do throws(OperatorProblem) {
            return .answer(.ok, try await desk.act(order))
        } catch {
            return .answer(error.status, error.description)
        }
    }
}

extension Console {
    /// Answers how the house is.
    func tellStatus() async -> Response {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Strings, numbers and lists of them always encode.
        guard let status = await desk.status(), let json = try? encoder.encode(status) else {
            return .answer(.serviceUnavailable, "nobody is at work")
        }
        return .json(.ok, json)
    }
}

extension OperatorProblem {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .unknown: .notFound
        case .refused: .conflict
        case .unavailable: .serviceUnavailable
        }
    }
}

extension Response {
    /// What the desk answers a gateway, as it is.
    init(_ answer: CallbackAnswer) {
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        self.init(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
    }

    /// A status and nothing else; `closes` tells the caller that the connection ends.
    static func bare(
        _ status: HTTPResponse.Status, allow: [HTTPRequest.Method] = [], closes: Bool = false
    ) -> Response {
        var headers = HTTPFields()
        if !allow.isEmpty { headers[.allow] = allow.map(\.rawValue).joined(separator: ", ") }
        if closes { headers[.connection] = "close" }
        return Response(status: status, headers: headers)
    }

    static func text(_ status: HTTPResponse.Status, _ text: String, isHead: Bool) -> Response {
        let response = Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        return isHead ? response.createHeadResponse() : response
    }

    fileprivate static func answer(_ status: HTTPResponse.Status, _ sentence: String) -> Response {
        // A struct of one string always encodes.
        json(status, (try? JSONEncoder().encode(OperatorAnswer(sentence: sentence))) ?? Data())
    }

    fileprivate static func json(_ status: HTTPResponse.Status, _ json: Data) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}
