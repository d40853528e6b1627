import RelanceCore
import RelanceDaemon

/// What a text message weighs: its parts, and what they would cost on the first route that carries texts.
struct TextWeight {
    var parts: Int
    /// With four decimals, in the account's currency; nil when the route does not say what a part costs.
    var cost: String?

    /// Nil for a mail, and for a text that cannot be put into words.
    init?(_ line: Simulation.Line, _ house: House) {
        guard case .message(let message, let at) = line, message.channel == .sms,
            let rendered = try? house.composer.composeText(message, calendar: house.policy.service, now: at)
        else { return nil }
        self.init(rendered.text, house)
    }

    init(_ text: SMSText, _ house: House) {
        parts = text.parts
        let route = house.configuration.routes(for: .sms).first.flatMap { house.configuration.routes[$0] }
        cost = route?.cost(ofParts: parts)
    }

    var description: String {
        MessageLine.channel(.sms, parts: parts) + (cost.map { ", \($0)" } ?? "")
    }
}
