import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// The Kannel preset against a real Kannel and its fake SMSC: what comes out is what was written.
@Suite(.timeLimit(.minutes(10))) struct KannelTests {
    private struct Missing: Error {}

    private static func courier(_ kannel: KannelServer, receipts port: Int) throws -> GatewayCourier {
        guard let preset = Conversation.preset("kannel"),
            let address = GatewayAddress("http://127.0.0.1:\(kannel.port)")
        else { throw Missing() }
        let gateway = SMSGateway(
            preset: preset, address: address, clearText: .onLoopback, sender: "CCINORMAND",
            values: ["user": .plain(kannel.user), "password": .secret(Secret(kannel.password))],
            certificateFile: nil, connectTimeout: .seconds(30), totalTimeout: .seconds(60), costPerPart: nil,
            receipts: SMSGateway.Receipts(
                publicURL: "http://127.0.0.1:\(port)", token: Secret("0123456789abcdef0123456789abcdef")))
        return try GatewayCourier(gateway, route: "texts", concurrency: 1, now: { Conversation.now })
    }

    @Test(arguments: [
        (
            "CCI : rappel de votre RDV à 14h00 avec Zoé Lefèvre, là où tout va : è é à ù ì ò Ç É, 12 € {ok} [~]\\^|",
            1
        ),
        ("Très long : " + String(repeating: "é", count: 300), 3),
        ("Œuvre, fête, naïve – ç’est ça", 1),
        (String(repeating: "Œuvre 🍎 ", count: 20), 3),
    ]) func `a text arrives as written`(text: String, parts: Int) async throws {
        let receipts = try ScriptedHTTPServer { _ in .status(200) }
        defer { receipts.stop() }
        try await KannelServer.run(answers: "http://127.0.0.1:1/") { kannel in
            let courier = try Self.courier(kannel, receipts: receipts.port)
            let outcome = await courier.deliver(
                Parcel(
                    key: .make("kannel"), kind: .appointmentEve,
                    content: .text(try Conversation.message(text)))
            ) {}
            guard case .accepted = outcome else {
                Issue.record("\(outcome)")
                return
            }
            let arrival = try #require(try await kannel.arrivals(atLeast: 1).first)
            #expect(arrival.text == text)
            #expect(arrival.parts == parts)
            #expect(arrival.sender == "CCINORMAND")
            await receipts.firstRequest()
            let call = try #require(receipts.requests.first?.head.first)
            #expect(call.contains("reference=\(Conversation.reference)&state=1&"), "\(call)")
        }
    }
}
