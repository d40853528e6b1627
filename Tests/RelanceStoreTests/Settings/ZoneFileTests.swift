import RelanceCore
import RelanceStore
import Testing

@Suite struct ZoneFileTests {
    @Test(arguments: [
        "Europe/Paris", "Indian/Reunion", "America/Argentina/Ushuaia", "Etc/GMT+5", "UTC",
        "America/Port-au-Prince",
    ])
    func `a zone is found by its name`(_ name: String) throws {
        #expect(try ZoneFile.read(name).identifier == name)
    }

    @Test(arguments: [
        "", "/", "/etc/passwd", "../zoneinfo/UTC", "Europe/../UTC", "Europe//Paris", "Europe/Paris/",
        "zone.tab",
        "Europe/Paris\0", "Europe/Pa ris", "a/b/c/d", "~root",
    ])
    func `what is no name is not looked for`(_ name: String) {
        let problem = #expect(throws: ZoneFileProblem.self) { try ZoneFile.read(name) }
        #expect(problem?.description == "this is no name of a time zone")
    }

    @Test func `a folder, and a file that is no zone, say what they are`() throws {
        let problem = #expect(throws: ZoneFileProblem.self) { try ZoneFile.read("Europe") }
        #expect(
            problem?.description
                == "/usr/share/zoneinfo/Europe cannot be read: not a regular file; is tzdata installed?")
        try Fixture.withFolder { folder in
            try Fixture.write("hello", to: folder + "/Local")
            #expect(throws: ZoneFileProblem.self) { try ZoneFile.read("Local", in: folder) }
        }
    }
}
