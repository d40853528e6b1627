import Foundation

/// Python as an independent judge: one process reads everything and answers at once.
///
/// Debian's, whatever else is called python3: it has Debian's libraries.
package enum Python {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What a script prints when fed the input; an exit status other than zero is a failure.
    package static func run(_ script: String, input: Data) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // A file, since a pipe that both sides fill would stop both.
        let inputFile = folder.appendingPathComponent("input")
        try input.write(to: inputFile)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "python3 ended with status \(process.terminationStatus)")
        }
        return answer
    }
}
