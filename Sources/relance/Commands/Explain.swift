import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why: the deadlines of a case slot by slot, its messages, every attempt.",
        discussion:
            "Takes a case's reference or a message's key. In French unless the locale asks for English.")

    @OptionGroup var house: HouseOptions
    @Argument(help: ArgumentHelp("A case's reference or a message's key.", valueName: "ref-or-key"))
    var name: String
    @Option(help: ArgumentHelp("As of this instant (RFC 3339); now unless given.", valueName: "instant"))
    var at: InstantArgument?
    @Option(help: "fr or en.")
    var language: Language?
    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        let now = at?.instant ?? .now
        let loaded = try house.loadForState(at: now)
        let room = CaseRoom(loaded, now: now)
        let reading = try withStoreErrors { try LedgerReading(path: loaded.configuration.state) }
        let state = reading?.contents.state ?? LedgerState()
        let refs: [CaseReference]
        if let key = MessageKey(name), let message = state.message(for: key) {
            refs = message.plan.cases
            if refs.isEmpty { try tell([], messages: [message], loaded) }
        } else {
            refs = CaseReference(name).map { [$0] } ?? []
        }
        let explainer = Explainer(
            house: loaded, instance: reading?.contents.instance ?? "simulation", now: now)
        let known = refs.compactMap { ref in room[ref].map { explainer.explain($0, state: state) } }
        guard !known.isEmpty || MessageKey(name).flatMap({ state.message(for: $0) }) != nil else {
            let nearest = room.cases.map(\.ref.text).nearest(to: name).map { "; did you mean \($0)?" } ?? ""
            Terminal.complain("relance: no case and no message “\(name)”\(nearest)")
            throw ExitCode(66)  // EX_NOINPUT
        }
        if !known.isEmpty { try tell(known, messages: [], loaded) }
    }

    private func tell(_ cases: [Explanation], messages: [LedgerMessage], _ loaded: House) throws {
        let language = language ?? Terminal.language
        if json {
            for item in cases { try JSONLine.print(ExplanationRecord(item, loaded)) }
            for message in messages { try JSONLine.print(ExplanationRecord.Message(message, loaded.zone)) }
        } else {
            let page = ExplanationPage(language: language, house: loaded)
            for item in cases { page.lines(of: item).forEach(Terminal.say) }
            for message in messages { page.lines(of: message).forEach(Terminal.say) }
        }
    }
}
