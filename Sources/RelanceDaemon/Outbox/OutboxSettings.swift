import RelanceCore
import RelanceDelivery

extension Outbox.Settings {
    /// What a house says of sending: the routes it uses, each with its courier, and their order for each channel.
    init(_ house: House, courier: (Route) throws -> any Courier) rethrows {
        let configuration = house.configuration
        let order = Dictionary(
            uniqueKeysWithValues: Channel.allCases.map { ($0, configuration.routes(for: $0)) })
        var lanes: [String: Lane] = [:]
        for name in Set(order.values.joined()) {
            guard let route = configuration.routes[name] else { continue }
            lanes[name] = Lane(route: route, courier: try courier(route))
        }
        self.init(
            retry: configuration.retry, calendar: house.policy.service, service: configuration.service,
            composer: house.composer, lanes: lanes, order: order, catchUp: configuration.catchUp,
            onAmbiguous: configuration.onAmbiguous,
            countsTexts: configuration.smsBudget != SMSBudgetRule(soft: nil, hard: nil))
    }
}
