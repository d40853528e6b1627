import CurlClient
import Foundation
import RelanceConsole
import RelanceCore
import Testing

@testable import RelanceDaemon

/// What operators ask of a daemon at work, by its socket.
extension TestHouse {
    /// The status and the sentence of the answer.
    @discardableResult
    func order(_ act: OperatorAct, _ life: Life) async throws -> (status: Int, sentence: String) {
        let order = try #require(OperatorOrder(act, by: "anne.delmas", reason: "asked for"))
        let body = Array(try JSONEncoder().encode(order))
        let result = try await ask(HTTPRequest("POST", "/orders", body: body), life)
        let answer = try JSONDecoder().decode(OperatorAnswer.self, from: Data(result.body))
        return (result.responseCode, answer.sentence)
    }

    func ask(_ request: HTTPRequest, _ life: Life) async throws -> CurlResult {
        await life.log.wait { events in
            events.contains { if case .listening = $0 { true } else { false } }
        }
        let pool = CurlPool(try CurlRoute(socket: statePath + "/relance.sock"))
        let result = await pool.perform(.http(request))
        await pool.shutdown()
        #expect(result.problem == nil)
        return result
    }
}
