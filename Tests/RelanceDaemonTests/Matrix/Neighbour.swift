import RelanceCore
import RelanceDelivery
import RelanceTestSupport

/// A route that is well: a real courier and a server that behaves.
struct Neighbour: Sendable {
    let courier: any Courier
    private let mail: ScriptedSMTPServer?
    private let gateway: ScriptedHTTPServer?

    init(carrying channel: Channel) throws {
        switch channel {
        case .email:
            let server = try ScriptedSMTPServer()
            (mail, gateway) = (server, nil)
            courier = try SMTPCourier(.to(server), concurrency: 2)
        case .sms:
            let server = try ScriptedHTTPServer { _ in .answer(HTTPMatrix.goodAnswer) }
            (mail, gateway) = (nil, server)
            courier = try GatewayCourier.generic("http://127.0.0.1:\(server.port)", concurrency: 2)
        }
    }

    /// What its server has to complain of, and how many messages it is short of.
    var complaints: [String] {
        let taken = mail?.accepted.count ?? gateway?.requests.count ?? 0
        return (mail?.complaints ?? gateway?.complaints ?? [])
            + (taken == 3 ? [] : ["\(taken) messages came"])
    }

    func stop() {
        mail?.stop()
        gateway?.stop()
    }
}
