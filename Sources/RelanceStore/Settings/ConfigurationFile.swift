import RelanceCore

/// The configuration on disk: the user's file laid over the defaults the program carries.
///
/// Reading never stops at the first mistake and never changes anything: it answers with a whole configuration, or
/// with every issue there is. The same call serves `check`, the start and a reload, so the three cannot disagree.
package struct ConfigurationFile: Sendable {
    package enum Reading: Sendable {
        /// Usable; the issues are warnings.
        case accepted(Configuration, warnings: [ConfigurationIssue])
        /// In order of place, at least one of them an error.
        case refused([ConfigurationIssue])

        package var configuration: Configuration? {
            if case .accepted(let configuration, _) = self { configuration } else { nil }
        }

        package var issues: [ConfigurationIssue] {
            switch self {
            case .accepted(_, let warnings): warnings
            case .refused(let issues): issues
            }
        }
    }

    /// Where systemd put the credentials of the unit (`$CREDENTIALS_DIRECTORY`); nil outside it.
    package var credentialsFolder: String?
    /// Whether a credential that only systemd can hand over must be at hand: for whoever sends, not for who only looks.
    package var needsCredentials: Bool
    package var zoneFolder: String
    /// Where the presets of SMS gateways are that come with the program.
    package var gatewayFolder: String
    /// The years its calendars are compiled for.
    package var horizon: ClosedRange<Int>

    package init(
        credentialsFolder: String?, needsCredentials: Bool = true, zoneFolder: String = "/usr/share/zoneinfo",
        gatewayFolder: String = GatewayPresetFile.shippedFolder,
        horizon: ClosedRange<Int> = WorkingCalendar.usualHorizon
    ) {
        self.credentialsFolder = credentialsFolder
        self.needsCredentials = needsCredentials
        self.zoneFolder = zoneFolder
        self.gatewayFolder = gatewayFolder
        self.horizon = horizon
    }

    /// The text of the defaults, as shipped in Config/relance.yaml.
    package static var defaults: [UInt8] { PackageResources.relance_yaml }

    private static let parsedDefaults = Result<SettingsNode, ConfigurationIssue> {
        () throws(ConfigurationIssue) in try SettingsNode.parse(yaml: defaults, file: "the defaults")
    }

    /// Reads a file; nil reads the defaults alone, whose paths start from the working directory.
    package func read(_ path: String?) -> Reading {
        guard let path else { return read(bytes: [], path: "relance.yaml") }
        do throws(SmallFile.Problem) {
            return read(
                bytes: try SmallFile.read(path, atMost: SettingsNode.greatestSize, access: .trusted),
                path: path)
        } catch {
            return .refused([
                ConfigurationIssue(file: path, problem: .unreadable(reason: error.description))
            ])
        }
    }

    /// Reads the text of a file that stands, or would stand, at `path`, laid over the defaults as many times as asked for:
    /// a second time changes nothing.
    package func read(bytes: [UInt8], path: String, times: Int = 1) -> Reading {
        let root: SettingsNode
        do throws(ConfigurationIssue) {
            let shipped = try Self.parsedDefaults.get()
            let own = try SettingsNode.parse(yaml: bytes, file: path)
            root = (0..<times).reduce(shipped) { root, _ in root.overlaid(with: own) }
        } catch {
            return .refused([error])
        }
        let log = IssueLog()
        let context = SettingsContext(
            folder: Path.folder(of: path), credentialsFolder: credentialsFolder,
            needsCredentials: needsCredentials, zoneFolder: zoneFolder, gatewayFolder: gatewayFolder,
            horizon: horizon, log: log)
        let configuration = context.configuration(SettingsReader(root, log: log))
        guard let configuration, !log.hasErrors else { return .refused(log.issues.sorted()) }
        return .accepted(configuration, warnings: log.issues.sorted())
    }
}

/// What reading one file needs at hand, and what it has read once already.
final class SettingsContext {
    let folder: String
    let credentialsFolder: String?
    let needsCredentials: Bool
    let zoneFolder: String
    let gatewayFolder: String
    let horizon: ClosedRange<Int>
    let log: IssueLog
    /// Most sites share the house's calendars, and its zone.
    var compiled: [CalendarRules: WorkingCalendar] = [:]
    var zones: [String: Zone] = [:]

    init(
        folder: String, credentialsFolder: String?, needsCredentials: Bool, zoneFolder: String,
        gatewayFolder: String, horizon: ClosedRange<Int>, log: IssueLog
    ) {
        self.folder = folder
        self.credentialsFolder = credentialsFolder
        self.needsCredentials = needsCredentials
        self.zoneFolder = zoneFolder
        self.gatewayFolder = gatewayFolder
        self.horizon = horizon
        self.log = log
    }

    func path(_ written: String) -> String { Path.resolve(written, in: folder) }

    /// Nil when something was wrong that the log tells.
    func configuration(_ top: SettingsReader) -> Configuration? {
        let service = service(top.map("service"))
        let sources = sources(top.map("sources"))
        let state = top.required("state", .path).map(path)
        if let state, Path.isSame(state, folder) {
            top.refuse("state", "the folder of the ledger has to be its own, not that of this file")
        }
        let templates = templates(top.map("templates"))
        let console = console(top.map("console"))
        let routes = routes(top, service, publicURL: console.publicURL)
        let mailRoutes = carriers(top, "mail", .email, among: routes)
        let smsRoutes = carriers(top, "sms", .sms, among: routes)
        let smsBudget = smsBudget(top.map("sms_budget"))
        if let service { checkSender(service, top, (mailRoutes + smsRoutes).compactMap { routes[$0] }) }
        let retry = retry(top.map("retry"))
        let onAmbiguous = onAmbiguous(top.map("on_ambiguous"))
        let catchUp = catchUp(top.map("catch_up"))
        let brakes = top.mapUnlessNone("brakes").flatMap { self.brakes($0) }
        let ledger = ledger(top.map("ledger"))
        let level = level(top.map("log"))
        let drain = drain(top.map("stop"))
        let (sites, policies) = sitesAndPolicies(top)
        top.reportUnknownKeys()
        guard let service, let sources, let state, let policies, let retry, let catchUp, let ledger,
            let level,
            let drain
        else { return nil }
        return Configuration(
            service: service, sources: sources, state: state, templates: templates, policies: policies,
            sites: sites, routes: routes, mailRoutes: mailRoutes, smsRoutes: smsRoutes, smsBudget: smsBudget,
            retry: retry, catchUp: catchUp, brakes: brakes, ledger: ledger, logLevel: level, drain: drain,
            console: console, onAmbiguous: onAmbiguous)
    }

    private func service(_ reader: SettingsReader) -> ServiceIdentity? {
        defer { reader.reportUnknownKeys() }
        let name = reader.required("name", .text)
        let phone = reader.required("phone", .phoneNumber)
        let sender = reader.required("sender", .emailAddress)
        let domain = reader.required("message_id_domain", .host)
        let privacyContact = reader.optional("privacy_contact", .emailAddress)
        let itMailbox = reader.optional("it_mailbox", .emailAddress)
        let hotline = reader.optional("hotline", .text)
        let checkedOn = reader.optional("hotline_checked_on", .date)
        let surveyURL = reader.optional("survey_url", .link)
        guard let name, let phone, let sender, let domain else { return nil }
        return ServiceIdentity(
            name: name, phone: phone, sender: sender, messageIDDomain: domain, privacyContact: privacyContact,
            itMailbox: itMailbox, hotline: hotline, hotlineCheckedOn: checkedOn,
            surveyURL: surveyURL)
    }

    private func sources(_ reader: SettingsReader) -> Configuration.Sources? {
        defer { reader.reportUnknownKeys() }
        let folders = reader.list("cases", .path)
        if folders.isEmpty, !log.hasErrors { reader.refuse("cases", "names no folder") }
        let directory = reader.required("directory", .path)
        let rescan = reader.required("rescan", .duration)
        guard let directory, let rescan else { return nil }
        return Configuration.Sources(
            caseFolders: folders.map(path), directory: path(directory), rescan: rescan)
    }

    private func templates(_ reader: SettingsReader) -> Configuration.Templates {
        defer { reader.reportUnknownKeys() }
        return Configuration.Templates(
            shipped: reader.optional("shipped", .path).map(path),
            overrides: reader.optional("overrides", .path).map(path))
    }

    private func retry(_ reader: SettingsReader) -> RetrySchedule? {
        defer { reader.reportUnknownKeys() }
        let delays = reader.list("delays", .duration)
        let then = reader.required("then", .duration)
        let jitter = reader.required("jitter_percent", .number(0...90))
        let expiresAfter = reader.required("expires_after", .duration)
        let otherChannelAfter = reader.required("other_channel_after", .duration)
        guard let then, let jitter, let expiresAfter, let otherChannelAfter else { return nil }
        return RetrySchedule(
            delays: delays, then: then, jitterPercent: jitter, expiresAfter: expiresAfter,
            otherChannelAfter: otherChannelAfter)
    }

    private func catchUp(_ reader: SettingsReader) -> CatchUpRule? {
        defer { reader.reportUnknownKeys() }
        let downtime = reader.required("downtime", .duration)
        let perMinute = reader.required("per_minute", .number(1...100_000))
        let ramp = reader.required("ramp", .duration)
        let jitter = reader.required("jitter_percent", .number(0...90))
        guard let downtime, let perMinute, let ramp, let jitter else { return nil }
        return CatchUpRule(downtime: downtime, perMinute: perMinute, ramp: ramp, jitterPercent: jitter)
    }

    private func brakes(_ reader: SettingsReader) -> BrakeRule? {
        defer { reader.reportUnknownKeys() }
        let messages = reader.required("messages", .number(1...1_000_000))
        let percent = reader.required("cases_percent", .number(1...100))
        let atLeast = reader.required("at_least", .number(1...1_000_000))
        guard let messages, let percent, let atLeast else { return nil }
        return BrakeRule(messages: messages, casesPercent: percent, atLeast: atLeast)
    }

    private func ledger(_ reader: SettingsReader) -> Configuration.LedgerSettings? {
        defer { reader.reportUnknownKeys() }
        let compactAt = reader.required("compact_at", .size)
        let remember = reader.required("remember", .duration)
        if let remember, remember < .days(400) {
            reader.refuse("remember", "at least 400 days, or a message could leave twice within a year")
        }
        let lowWater = reader.required("low_water", .size)
        if let lowWater, lowWater < LedgerFile.Options().headroomBytes {
            reader.refuse("low_water", "at least 4 MiB, the room kept for the ends of attempts under way")
        }
        guard let compactAt, let remember, let lowWater else { return nil }
        return Configuration.LedgerSettings(
            compactAtBytes: compactAt, rememberDays: Int(remember.seconds / 86_400), lowWaterBytes: lowWater)
    }

    private func level(_ reader: SettingsReader) -> Configuration.LogLevel? {
        defer { reader.reportUnknownKeys() }
        return reader.required("level", .word)
    }

    private func drain(_ reader: SettingsReader) -> Elapsed? {
        defer { reader.reportUnknownKeys() }
        return reader.required("drain", .duration)
    }
}
