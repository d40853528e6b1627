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
        let path = loaded.configuration.state
        let message = try MessageKey(name).flatMap { key in
            let reading = try withStoreErrors {
                try LedgerReading(path: path, into: LedgerHistory(asOf: at?.instant))
            }
            return reading?.contents.state.message(for: key)
        }
        let refs = message?.plan.cases ?? CaseReference(name).map { [$0] } ?? []
        let wanted = LedgerHistory(
            of: .about(cases: Set(refs), messages: Set([message?.key].compactMap(\.self))), asOf: at?.instant)
        let reading = try withStoreErrors { try LedgerReading(path: path, into: wanted) }
        let history = reading?.contents.history ?? LedgerHistory()
        if let message, refs.isEmpty { try tell([], messages: [history.told(message)], loaded) }
        let explainer = Explainer(
            house: loaded, instance: reading?.contents.instance ?? "simulation", now: now)
        let known = refs.compactMap { ref in room[ref].map { explainer.explain($0, history: history) } }
        guard !known.isEmpty || message != nil else {
            let nearest = room.cases.map(\.ref.text).nearest(to: name).map { "; did you mean \($0)?" } ?? ""
            Terminal.complain("relance: no case and no message “\(name)”\(nearest)")
            throw ExitCode(66)  // EX_NOINPUT
        }
        if !known.isEmpty { try tell(known, messages: [], loaded) }
    }

    private func tell(_ cases: [Explanation], messages: [Explanation.Told], _ loaded: House) throws {
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
