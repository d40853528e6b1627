import Foundation
import RelanceCore
import Testing

@Suite struct GSM7Tests {
    @Test func `every character of the basic plane costs what Perl's Encode writes`() throws {
        let script = #"""
            for my $code (0 .. 0xD7FF, 0xE000 .. 0xFFFF) {
                my $character = chr $code;
                my $bytes = eval { Encode::encode("gsm0338", $character, Encode::FB_CROAK) };
                printf "%d %d\n", $code, length $bytes if defined $bytes;
            }
            """#
        var expected: [UInt32: Int] = [:]
        for line in try perl(script).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            try #require(numbers.count == 2)
            expected[UInt32(numbers[0])] = numbers[1]
        }
        #expect(expected.count == 127 + 10)
        let differing = (UInt32(0)...0x1_FFFF).compactMap { Unicode.Scalar($0) }
            .filter { GSM7.septets($0) != expected[$0.value] }
        #expect(differing == [])
    }

    @Test(arguments: [
        ("éèàùìòÇÉäöüñÄÖÜÑ¿¡§ΔΦΓΛΩΠΨΣΘΞ@£$¥\n", 1), ("^{}\\[~]|€", 2),
        ("çêîôûëïœÀÈÊ’«»…–°`\u{A0}\u{1B}\0🍎Яα", nil),
    ]) func `French keeps what the alphabet has`(characters: String, cost: Int?) {
        for scalar in characters.unicodeScalars { #expect(GSM7.septets(scalar) == cost, "\(scalar)") }
    }

    /// What Debian's Perl prints.
    private func perl(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/perl")
        process.arguments = ["-MEncode", "-e", script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: answer, as: UTF8.self)
    }
}
