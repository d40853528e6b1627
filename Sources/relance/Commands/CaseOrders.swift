import ArgumentParser
import RelanceCore

extension Channel: ExpressibleByArgument {}

/// A date on the command line.
struct DayArgument: ExpressibleByArgument {
    let day: LocalDay

    init?(argument: String) {
        guard let day = LocalDay(iso: argument) else { return nil }
        self.day = day
    }
}

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have nothing automatic leave on a case, or hold one message.")

    @Argument(help: ArgumentHelp("A case's reference or a message's key.", valueName: "ref-or-key"))
    var name: String
    @Option(
        help: ArgumentHelp("The day it ends; without it, when somebody resumes the case.", valueName: "date"))
    var until: DayArgument?
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        if let key = MessageKey(name) {
            guard until == nil else {
                throw ValidationError("--until is for a case: a message is held until it is released")
            }
            try await order.carryOut(.hold(key))
        } else if let ref = CaseReference(name) {
            try await order.carryOut(.holdCase(ref, until: until?.day))
        } else {
            throw ValidationError("“\(name)” is neither a reference nor a key")
        }
    }
}

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a held case again; without one, let everything go that is held (see status).",
        discussion: """
            Without a reference it releases the brake, which holds what a downtime, one reading of the cases or a \
            reload set off at once, and lifts the fence of a ledger that may be a copy: make sure before that no other \
            copy is at work.
            """)

    @Argument(
        help: ArgumentHelp("The reference of the case; none means the brake or the fence.", valueName: "ref"))
    var ref: ReferenceArgument?
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(ref.map { .resumeCase($0.ref) } ?? .liftFence)
    }
}

struct Source: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide on the sources of cases.", subcommands: [Accept.self])

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the cases that went missing all at once are gone indeed.",
            discussion: """
                Until then nothing of theirs is cancelled: the daemon goes on with them as it saw them last, and after a \
                start, which knows no more of them than their references, what is planned for them waits.
                """)

        @OptionGroup var order: OperatorOptions

        func run() async throws {
            try await order.carryOut(.acceptSources)
        }
    }
}

struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write down that somebody has taken note of a case's alert.")

    @Argument(help: ArgumentHelp("The reference of the case.", valueName: "ref"))
    var ref: ReferenceArgument
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(.acknowledge(ref.ref))
    }
}

struct Object: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write down that a business wants no more messages.",
        discussion: """
            The addresses its case has now are closed, on every case that has them; what was said and when is the \
            proof and goes into --reason. --lift opens them again.
            """)

    @Argument(help: ArgumentHelp("The reference of the case.", valueName: "ref"))
    var ref: ReferenceArgument
    @Option(help: "Only by this channel; without it by none.")
    var channel: Channel?
    @Flag(help: "The business wants messages again.")
    var lift = false
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(lift ? .liftObjection(ref.ref, channel) : .object(ref.ref, channel))
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the addresses of a case tried again that were found not to exist.")

    @Argument(help: ArgumentHelp("The reference of the case.", valueName: "ref"))
    var ref: ReferenceArgument
    @Option(help: "Only of this channel.")
    var channel: Channel?
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(.restoreAddresses(ref.ref, channel))
    }
}
