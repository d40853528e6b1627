import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct MachineIdentityTests {
    @Test func `a machine is known by its id, and by its host's name where it has none`() throws {
        let fixture = try LedgerFixture()
        _ = try fixture.directory()
        let none = try MachineIdentity.hash(file: fixture.path + "/none")
        try fixture.write(Array("b08dfa6083e7567a1921a715000001fb\n".utf8), to: "machine-id")
        let known = try MachineIdentity.hash(file: fixture.path + "/machine-id")
        #expect(known.count == 32 && none.count == 32 && known != none)
        #expect(try MachineIdentity.hash(file: fixture.path + "/machine-id") == known)
    }

    @Test func `an id that cannot be read is no other machine's: the start fails and is tried again`() throws
    {
        let fixture = try LedgerFixture()
        _ = try fixture.directory()
        // A folder in its place can be opened and not read, by root as well.
        let error = #expect(throws: StoreError.self) { try MachineIdentity.hash(file: fixture.path) }
        #expect(error == .noIdentity(file: fixture.path, reason: "Is a directory"))
        #expect(error?.exitStatus == 74)
        #expect(
            error?.description == "\(fixture.path): cannot be read: Is a directory; "
                + "nothing is sent before this machine can be told from a copy of it")
    }
}
