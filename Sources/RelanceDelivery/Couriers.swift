import CurlClient
import RelanceCore

/// The couriers of the house, by the route that asks for one.
package enum Couriers {
    /// What is to be said of the library that carries these routes over the network; nil when none does, or nothing is.
    package static func notice(on routes: some Sequence<Route>) -> String? {
        let leavesHouse = routes.contains { route in
            switch route.kind {
            case .smtp, .sms, .mailToSMS: true
            case .spool: false
            }
        }
        return leavesHouse ? CurlLibrary.warning(for: CurlLibrary.version) : nil
    }

    /// Throws when the route cannot be opened: a folder that cannot be made, a relay whose words make no connection.
    ///
    /// `now` is the clock gateways are told validities and sign by.
    package static func courier(
        for route: Route, now: @escaping @Sendable () -> Instant
    ) throws -> any Courier {
        switch route.kind {
        case .spool(let folder, let costPerPart):
            try SpoolCourier(folder: folder, costPerPart: costPerPart)
        case .smtp(let relay): try SMTPCourier(relay, concurrency: route.concurrency)
        case .sms(let gateway):
            try GatewayCourier(gateway, route: route.name, concurrency: route.concurrency, now: now)
        case .mailToSMS(let mail):
            switch mail.carrier {
            case .spool(let folder): MailToSMSCourier(mail, over: try SpoolCourier(folder: folder), now: now)
            case .smtp(let relay):
                MailToSMSCourier(
                    mail, over: try SMTPCourier(relay, concurrency: route.concurrency), now: now)
            }
        }
    }
}
