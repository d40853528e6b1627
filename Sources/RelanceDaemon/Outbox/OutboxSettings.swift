import RelanceCore
import RelanceDelivery

extension Outbox.Settings {
    /// What a house says of sending: its mail routes in order, each with its courier.
    init(_ house: House, courier: (Route) throws -> any Courier) rethrows {
        let configuration = house.configuration
        self.init(
            retry: configuration.retry, calendar: house.policy.service, service: configuration.service,
            composer: house.composer,
            lanes: try configuration.mailRoutes.compactMap { configuration.routes[$0] }.map { route in
                Lane(route: route, courier: try courier(route))
            })
    }
}
