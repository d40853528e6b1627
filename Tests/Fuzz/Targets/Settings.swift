import RelanceCore
import RelanceStore
import RelanceTestSupport

extension FuzzTarget {
    /// The configuration, laid over the defaults.
    ///
    /// Promise: it is accepted whole or refused with a reason, each reason is one line, and laid over itself it says what
    /// it said.
    static let configuration = FuzzTarget("configuration") { bytes in
        let file = ConfigurationFile(
            credentialsFolder: nil, needsCredentials: false, gatewayFolder: gatewayFolder,
            horizon: 2020...2020)
        let reading = file.read(bytes: bytes, path: "/nonexistent/relance.yaml")
        try expect(
            reading.configuration != nil || !reading.issues.isEmpty, "a refused configuration has an issue")
        try expectLines(reading.issues)
        guard let configuration = reading.configuration else { return }
        let again = file.read(bytes: bytes, path: "/nonexistent/relance.yaml", times: 2)
        try expect(again.issues == reading.issues, "laid over itself it has the issues it had")
        try expect(
            again.configuration.map(ConfigurationSummary.init) == ConfigurationSummary(configuration),
            "laid over itself it says what it said")
    }

    /// The preset of a gateway; the promise is that of the configuration.
    static let gatewayPreset = FuzzTarget("gateway_preset") { bytes in
        let file = GatewayPresetFile(bytes: bytes, path: "/nonexistent/fuzz.yaml")
        try expect(file.preset != nil || !file.issues.isEmpty, "a refused preset has an issue")
        try expectLines(file.issues)
    }

    /// A calendar file of closed days.
    ///
    /// Promise: what closes lies in order.
    static let closedDays = FuzzTarget("closed_days") { bytes in
        let days = ClosedDays(ics: bytes, file: "closed.ics", zone: .paris)
        for part in days.parts {
            try expect(part.span.opens < part.span.closes, "\(part.day) closes forwards")
        }
        try expectLines(days.issues)
    }

    private static func expectLines(_ issues: [ConfigurationIssue]) throws {
        for issue in issues {
            let line = issue.description
            try expect(!line.isEmpty, "an issue has a sentence")
            try expect(
                SafeText.isPrintable(line), "\(line.debugDescription) is one line")
        }
    }
}

/// What a configuration says, as far as it can be compared.
private struct ConfigurationSummary: Hashable {
    private struct Policy: Hashable {
        let calendars: [String: CalendarRules]
        let windows: [CalendarRules]
        let deadlines: [DeadlineRule]
        let newCase: NewCaseRule
        let caseOpened: CaseOpenedRule
        let business: BusinessRules
        let digest: DigestRule
        let weekly: WeeklyRule

        init(_ policy: RelanceCore.Policy) {
            calendars = policy.calendars.mapValues(\.rules)
            let named = policy.windows
            windows = [named.transactional, named.status, named.staff, named.newCase].map(\.rules)
            deadlines = policy.deadlines
            newCase = policy.newCase
            caseOpened = policy.caseOpened
            business = policy.business
            digest = policy.digest
            weekly = policy.weekly
        }
    }

    private let service: ServiceIdentity
    private let sources: Configuration.Sources
    private let templates: Configuration.Templates
    private let words: [String]
    private let sites: [Site]
    private let policies: [String: Policy]
    private let routes: [String: [Int?]]
    private let smsBudget: SMSBudgetRule
    private let retry: RetrySchedule
    private let catchUp: CatchUpRule
    private let brakes: BrakeRule?
    private let ledger: Configuration.LedgerSettings
    private let console: ConsoleSettings

    init(_ configuration: Configuration) {
        service = configuration.service
        sources = configuration.sources
        templates = configuration.templates
        words =
            [configuration.state, configuration.logLevel.rawValue, "\(configuration.drain)"]
            + configuration.mailRoutes + configuration.smsRoutes
        sites = configuration.sites
        policies = configuration.policies.sites.merging(["": configuration.policies.house]) { $1 }
            .mapValues(Policy.init)
        routes = configuration.routes.mapValues { [$0.perMinute, $0.concurrency, $0.costPerPart] }
        smsBudget = configuration.smsBudget
        retry = configuration.retry
        catchUp = configuration.catchUp
        brakes = configuration.brakes
        ledger = configuration.ledger
        console = configuration.console
    }
}
