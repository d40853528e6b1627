import ArgumentParser
import RelanceCore

/// The key of a message on the command line.
struct KeyArgument: ExpressibleByArgument {
    let key: MessageKey

    init?(argument: String) {
        guard let key = MessageKey(argument) else { return nil }
        self.key = key
    }
}

/// The reference of a case on the command line.
struct ReferenceArgument: ExpressibleByArgument {
    let ref: CaseReference

    init?(argument: String) {
        guard let ref = CaseReference(argument) else { return nil }
        self.ref = ref
    }
}

struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message that failed, waits or may have arrived (again) now.",
        discussion: """
            `relance messages --phase unknown` lists those nobody can tell the end of. A text message among them may \
            arrive twice: that has to be wanted in so many words.
            """)

    @Argument(help: ArgumentHelp("The key of the message.", valueName: "key"))
    var message: KeyArgument
    @Flag(help: "A text message may arrive a second time.")
    var mayArriveTwice = false
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(.retry(message.key, mayArriveTwice: mayArriveTwice))
    }
}

struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop a message that has not left, or be done with one that may have.")

    @Argument(help: ArgumentHelp("The key of the message.", valueName: "key"))
    var message: KeyArgument
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(.cancel(message.key))
    }
}

struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a message leave that was held.",
        discussion: "`relance messages --phase held` lists them, with the reason in --json.")

    @Argument(help: ArgumentHelp("The key of the message.", valueName: "key"))
    var message: KeyArgument
    @OptionGroup var order: OperatorOptions

    func run() async throws {
        try await order.carryOut(.release(message.key))
    }
}
