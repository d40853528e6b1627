import Foundation
import RelanceTestSupport
import Testing

/// How a program ended and everything it said.
struct FinishedProgram: CustomTestStringConvertible, Sendable {
    /// The exit status; 128 and the number of the signal that ended it, as a shell tells it.
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Each line of standard output as a JSON object.
    func records() throws -> [[String: Any]] {
        try lines.map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    var testDescription: String { "status \(status)\n\(output)\(errors)" }
}

/// A program at work: what it has said so far, signals to it, and waits that end.
final class RunningProgram: @unchecked Sendable {
    // Sendable because everything that changes is reached under `condition` only.
    private let condition = NSCondition()
    private let process = Process()
    private var spoken: [Stream: [UInt8]] = [:]
    private var over: Set<Stream> = []
    private var status: Int32?

    private enum Stream: CaseIterable {
        case output, errors
    }

    /// A wait that came to its end without what was waited for.
    struct Impatience: Error, CustomStringConvertible {
        let description: String
    }

    /// How long a busy machine may take over anything.
    static let patience = 120.0

    init(_ program: String, _ arguments: [String], environment: [String: String], folder: String) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        process.terminationHandler = { [weak self] process in
            let signal: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
            self?.note { $0.status = signal + process.terminationStatus }
        }
        try process.run()
        listen(to: outputPipe, as: .output)
        listen(to: errorPipe, as: .errors)
    }

    /// The number of its process.
    var identifier: Int32 { condition.withLock { process.processIdentifier } }

    /// Sends the signal, unless the program has ended.
    func signal(_ number: Int32) {
        condition.withLock {
            if status == nil { kill(process.processIdentifier, number) }
        }
    }

    /// The first line, of standard output or standard error, that contains a text.
    func line(containing text: String) async throws -> String {
        try await lines(containing: text, count: 1)[0]
    }

    /// That many lines, of standard output or of standard error, that contain a text.
    func lines(containing text: String, count: Int) async throws -> [String] {
        let lines = try await lines(containing: text, upTo: count, within: Self.patience)
        guard lines.count == count else {
            throw Impatience(description: "not \(count) lines with “\(text)”: \(saidSoFar)")
        }
        return lines
    }

    /// At most that many lines that contain a text: those there are when the program ends or the time is over.
    func lines(containing text: String, upTo count: Int, within seconds: Double) async throws -> [String] {
        try await onThread { [self] in
            var lines: [String] = []
            _ = wait(seconds: seconds) { program in
                lines = program.said.testDescription.split(separator: "\n").filter { $0.contains(text) }.map(
                    String.init)
                return lines.count >= count || program.finished != nil ? true : nil
            }
            return Array(lines.prefix(count))
        }
    }

    /// Waits for the end; after `RunningProgram.patience` the program is killed and the wait fails.
    func end() async throws -> FinishedProgram {
        guard let finished = try await end(within: Self.patience) else {
            signal(SIGKILL)
            throw Impatience(description: "not ended: \(saidSoFar)")
        }
        return finished
    }

    /// How it ended; nil when it is still at work after that many seconds.
    func end(within seconds: Double) async throws -> FinishedProgram? {
        try await onThread { [self] in wait(seconds: seconds) { $0.finished } }
    }

    private var saidSoFar: String { condition.withLock { said.testDescription } }

    // MARK: Under the condition

    private var said: FinishedProgram {
        func text(of stream: Stream) -> String { String(decoding: spoken[stream] ?? [], as: UTF8.self) }
        return FinishedProgram(status: status ?? -1, output: text(of: .output), errors: text(of: .errors))
    }

    private var finished: FinishedProgram? {
        status != nil && over.count == Stream.allCases.count ? said : nil
    }

    private func wait<Result>(seconds: Double, until found: (RunningProgram) -> Result?) -> Result? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        return condition.withLock {
            while true {
                if let result = found(self) { return result }
                guard condition.wait(until: deadline) else { return found(self) }
            }
        }
    }

    private func note(_ change: (RunningProgram) -> Void) {
        condition.withLock {
            change(self)
            condition.broadcast()
        }
    }

    /// Reads to the end on a thread of its own.
    private func listen(to pipe: Pipe, as stream: Stream) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread { [self] in
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(handle.fileDescriptor, &chunk, chunk.count), count > 0 {
                note { $0.spoken[stream, default: []] += chunk.prefix(count) }
            }
            // Process keeps its pipes for longer than it lives: hundreds of programs would use up the descriptors.
            try? handle.close()
            note { $0.over.insert(stream) }
        }
    }
}
