import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct OperatorOrderTests {
    private static let acts: [OperatorAct] = [
        .retry(.make(1)), .retry(.make(1), mayArriveTwice: true), .cancel(.make(1)), .hold(.make(1)),
        .release(.make(1)), .holdCase(.make("2020-0301"), until: nil),
        .holdCase(.make("2020-0301"), until: LocalDay(iso: "2020-11-09")), .resumeCase(.make("2020-0301")),
        .acknowledge(.make("2020-0301")), .liftFence, .object(.make("2020-0301"), nil),
        .object(.make("2020-0301"), .sms), .liftObjection(.make("2020-0301"), .email),
        .restoreAddresses(.make("2020-0301"), nil),
    ]

    @Test(arguments: acts) func `an order is the same on the other side of the socket`(act: OperatorAct)
        throws
    {
        let order = try #require(OperatorOrder(act, by: "anne.delmas", reason: "dit au téléphone"))
        let bytes = try JSONEncoder().encode(order)
        #expect(try JSONDecoder().decode(OperatorOrder.self, from: bytes) == order)
    }

    @Test func `its JSON is flat and has the words of the ledger`() throws {
        let order = try #require(
            OperatorOrder(
                .holdCase(.make("2020-0301"), until: LocalDay(iso: "2020-11-09")), by: "anne", reason: "away")
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(order), as: UTF8.self)
                == #"{"act":"hold_case","by":"anne","case":"2020-0301","reason":"away","until":"2020-11-09"}"#
        )
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"act":"lift_fence","by":"anne"}"#,
        #"{"act":"lift_fence","by":"","reason":"x"}"#, #"{"act":"lift_fence","by":"a\nb","reason":"x"}"#,
        #"{"act":"cancel","by":"anne","reason":"x"}"#,
        #"{"act":"cancel","message":"short","by":"anne","reason":"x"}"#,
        #"{"act":"hold_case","case":"2020-0301","until":"tomorrow","by":"anne","reason":"x"}"#,
        #"{"act":"object","case":"2020-0301","channel":"fax","by":"anne","reason":"x"}"#,
        #"{"act":"explode","by":"anne","reason":"x"}"#,
    ])
    func `what is no order is an error`(text: String) {
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(OperatorOrder.self, from: Data(text.utf8))
        }
    }

    @Test func `author and reason are one line each and have an end`() {
        #expect(OperatorOrder(.liftFence, by: " anne ", reason: " x ")?.by == "anne")
        #expect(OperatorOrder(.liftFence, by: "anne", reason: "   ") == nil)
        for mark in ["\u{85}", "\u{202E}", "\u{200B}", "\u{2028}", "\u{2067}", "\u{FEFF}", "\u{E0041}"] {
            #expect(OperatorOrder(.liftFence, by: "anne", reason: "a\(mark)b") == nil)
            #expect(OperatorOrder(.liftFence, by: "an\(mark)ne", reason: "x") == nil)
        }
        #expect(OperatorOrder(.liftFence, by: "anne", reason: "vu avec la famille 👩‍👩‍👧 ❤️") != nil)
        #expect(OperatorOrder(.liftFence, by: String(repeating: "a", count: 81), reason: "x") == nil)
        #expect(OperatorOrder(.liftFence, by: "anne", reason: String(repeating: "é", count: 500)) != nil)
        #expect(OperatorOrder(.liftFence, by: "anne", reason: String(repeating: "é", count: 501)) == nil)
    }
}
