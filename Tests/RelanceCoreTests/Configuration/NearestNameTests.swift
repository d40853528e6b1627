import RelanceCore
import Testing

@Suite struct NearestNameTests {
    static let names = ["first_call", "diagnosis", "follow_up", "survey", "due", "again"]

    @Test(arguments: [
        ("first_cal", "first_call"), ("frist_call", "first_call"), ("First_Call", "first_call"),
        ("diagnostic", "diagnosis"), ("folow_up", "follow_up"), ("dew", nil), ("", nil), ("suvrey", "survey"),
        ("something else", nil), (String(repeating: "x", count: 10_000), nil),
    ])
    func `the nearest name is offered when it is near`(_ written: String, _ nearest: String?) {
        #expect(Self.names.nearest(to: written) == nearest)
    }
}
