import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct LedgerFileTests {
    @Test(arguments: LedgerConformance.Check.allCases)
    func `the file keeps every promise of a ledger store`(_ check: LedgerConformance.Check) async throws {
        let fixture = try LedgerFixture()
        try await LedgerConformance(open: { try fixture.open() }).run(check)
    }
}
