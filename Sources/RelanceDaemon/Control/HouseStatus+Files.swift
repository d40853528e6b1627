import RelanceCore
import RelanceIntake
import RelanceStore

extension HouseStatus {
    /// What ledger and files tell by themselves, where no daemon answers.
    package init(_ room: CaseRoom, _ state: LedgerState, isDiskFull: Bool, clock: ClockDoubt?) {
        self.init()
        self.clock = clock?.sentence
        self.isDiskFull = isDiskFull
        sources = [Source](room.sources, room.disappearances, at: room.readAt)
        waitingForCases = state.waiting(on: room.held.union(room.missing))
        routes = state.routes.keys.sorted().map { Route(name: $0) }
        learn(from: state)
    }

    /// Has what the ledger tells of the routes stand beside what they tell themselves since the start.
    package mutating func learn(from state: LedgerState) {
        let sums = state.routes
        for index in routes.indices {
            guard let known = sums[routes[index].name], let since = known.failingSince else { continue }
            routes[index].failingSince = min(since, routes[index].failingSince ?? since)
            routes[index].failure = routes[index].failure ?? known.lastFailure?.detail
        }
    }
}

extension HouseStatus.Source {
    /// How many problems are told; `relance check` has them all.
    private static let mostProblems = 5

    init(_ state: SourceState, _ disappearances: [Disappearance]) {
        self.init(folder: state.folder, cases: state.cases, readAt: state.readAt)
        problems = state.problems.prefix(Self.mostProblems).map(\.description)
        copyOf = state.copyOf
        if let lost = disappearances.first(where: { $0.source == state.folder }) {
            (missing, of) = (lost.missing, lost.of)
        }
    }

    /// A source that cases went missing from with it: it is read no more.
    init(lost: Disappearance, readAt: Instant) {
        self.init(folder: lost.source, cases: 0, readAt: readAt)
        (missing, of) = (lost.missing, lost.of)
    }
}

extension [HouseStatus.Source] {
    /// Every source that is read, and those that are no more and lack cases.
    init(_ states: [SourceState], _ disappearances: [Disappearance], at now: Instant) {
        let read = Set(states.map(\.folder))
        self =
            states.map { HouseStatus.Source($0, disappearances) }
            + disappearances.filter { !read.contains($0.source) }.map {
                HouseStatus.Source(lost: $0, readAt: now)
            }
    }
}
