import RelanceCore
import RelanceDelivery
import RelanceIntake
import RelanceStore

/// Everything that is read before anything is decided: configuration, people, templates.
///
/// Loaded whole or not at all; the same loading serves `check`, the start and a reload, so the three cannot disagree.
package struct House: Sendable {
    package private(set) var configuration: Configuration
    package let directory: Directory
    package let composer: Composer
    /// What somebody should look at; nothing in it stops the house.
    package let warnings: [HouseProblem]

    /// The same house with its state reached by another path.
    package func withState(at path: String) -> House {
        var house = self
        house.configuration.state = path
        return house
    }

    package var policy: Policy { configuration.policies.house }
    package var zone: Zone { policy.zone }

    /// Where a house is read from.
    package struct Source: Sendable {
        /// The configuration file; nil is the defaults.
        package var configuration: String?
        /// `$CREDENTIALS_DIRECTORY`.
        package var credentialsFolder: String?
        /// Whether whoever reads it is going to send.
        package var needsCredentials: Bool
        /// The templates that come with the program, unless the configuration says otherwise.
        package var shippedTemplates: String

        package init(
            configuration: String?, credentialsFolder: String? = nil, needsCredentials: Bool = true,
            shippedTemplates: String
        ) {
            self.needsCredentials = needsCredentials
            self.configuration = configuration
            self.credentialsFolder = credentialsFolder
            self.shippedTemplates = shippedTemplates
        }
    }

    /// Reads everything; throws every problem there is, warnings included, when one of them is an error.
    package static func load(_ source: Source, now: Instant) throws(HouseProblems) -> House {
        var problems: [HouseProblem] = []
        let reading = ConfigurationFile(
            credentialsFolder: source.credentialsFolder, needsCredentials: source.needsCredentials
        ).read(source.configuration)
        problems += reading.issues.map { .configuration($0) }
        guard let configuration = reading.configuration else { throw HouseProblems(problems) }

        var advisors: [Advisor] = []
        let rules = IntakeRules(zone: configuration.policies.house.zone, now: now)
        do {
            let file = try AdvisorsFile.read(
                path: configuration.sources.directory, rules: rules, trust: .ofThisProcess)
            advisors = file.advisors
            problems += file.problems.map { .intake($0) }
        } catch {
            problems.append(.intake(error))
        }
        let directory = Directory(advisors: advisors, sites: configuration.sites)
        problems += directory.contradictions.map { .directory(file: configuration.sources.directory, $0) }

        let shipped = TemplateDirectory(configuration.templates.shipped ?? source.shippedTemplates)
        let overrides = configuration.templates.overrides.map { TemplateDirectory($0) }
        problems += (shipped.issues + (overrides?.issues ?? [])).map { .configuration($0) }
        var library: TemplateLibrary?
        do {
            library = try TemplateLibrary(shipped.sources, overrides: overrides?.sources ?? [])
        } catch {
            problems += error.problems.map { .template($0) }
        }
        if let library {
            let rows = ([configuration.policies.house] + configuration.policies.sites.values).flatMap(
                \.deadlines)
            problems += library.problems(with: rows).map { .template($0) }
            problems += library.check().map { $0.isOfWording ? .wording($0) : .template($0) }
        }
        guard let library, !problems.contains(where: \.isError) else { throw HouseProblems(problems) }
        return House(
            configuration: configuration, directory: directory,
            composer: Composer(templates: library, service: configuration.service), warnings: problems)
    }

    package func planner(instance: String) -> Planner {
        Planner(
            instance: instance, policies: configuration.policies, directory: directory,
            service: configuration.service)
    }
}

/// One thing wrong with the house, from whichever file.
package enum HouseProblem: Sendable, CustomStringConvertible {
    case configuration(ConfigurationIssue)
    case template(TemplateProblem)
    /// A template that can be used, and makes more of some values than it should: a text message of two segments.
    case wording(TemplateProblem)
    case intake(IntakeProblem)
    case directory(file: String, DirectoryContradiction)

    /// Whether the house cannot be used as it is.
    package var isError: Bool {
        switch self {
        case .configuration(let issue): issue.severity == .error
        case .template: true
        case .intake(let problem): problem.severity == .source
        case .directory, .wording: false
        }
    }

    package var description: String {
        switch self {
        case .configuration(let issue): issue.description
        case .template(let problem): problem.description
        case .wording(let problem): "warning: \(problem)"
        case .intake(let problem): problem.description
        case .directory(let file, let contradiction): "\(file): warning: \(contradiction)"
        }
    }
}

/// All of them at once.
package struct HouseProblems: Error, Sendable, CustomStringConvertible {
    package let problems: [HouseProblem]

    init(_ problems: [HouseProblem]) {
        self.problems = problems
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
