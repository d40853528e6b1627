import RelanceCore

/// The couriers of the house, by the route that asks for one.
package enum Couriers {
    /// Throws when the route cannot be opened: a folder that cannot be made, a relay whose words make no connection.
    package static func courier(for route: Route) throws -> any Courier {
        switch route.kind {
        case .spool(let folder): try SpoolCourier(folder: folder)
        case .smtp(let relay): try SMTPCourier(relay, concurrency: route.concurrency)
        }
    }
}
