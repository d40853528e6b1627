import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDelivery

/// Text messages in the spool: one readable file each, with the same promises as mails.
@Suite final class SpoolTextTests {
    private let folder = NSTemporaryDirectory() + "relance-spool-" + UUID().uuidString
    private let key = MessageKey.make("text")

    deinit {
        try? FileManager.default.removeItem(atPath: folder)  // nothing depends on the tidying up
    }

    private func parcel(_ text: String = "CCI : rendez-vous confirmé.") -> Parcel {
        Parcel(
            key: key, kind: .appointmentConfirmed,
            content: .text(
                Parcel.TextMessage(
                    recipient: .make("06 39 98 20 14"), text: text, reference: "\(key).0",
                    usefulUntil: at("2020-11-02 18:00"))))
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    }

    @Test func `a text lies in a file of its own with whom it is for, its parts and its cost`() async throws {
        let courier = try SpoolCourier(folder: folder, costPerPart: 450)
        let outcome = await courier.deliver(parcel()) {}
        #expect(
            outcome
                == .accepted(
                    reply: "\(folder)/sms/new/\(key).txt", proof: GatewayProof(parts: 1, cost: "0.0450")))
        #expect(
            try read("sms/new/\(key).txt") == """
                To: +33639982014
                Reference: \(key).0
                Parts: 1
                Encoding: gsm7
                Units: 27
                Cost: 0.0450

                CCI : rendez-vous confirmé.

                """)
        let line = try #require(try read("messages.jsonl").split(separator: "\n").first)
        #expect(line.contains(#""channel":"sms""#) && line.contains(#""parts":1"#))
        #expect(line.contains(#""kind":"appointment_confirmed""#) && line.contains(#""cost":"0.0450""#))
    }

    @Test func `a text handed over twice is one file and one line`() async throws {
        let courier = try SpoolCourier(folder: folder)
        for _ in 0..<2 { _ = await courier.deliver(parcel()) {} }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/sms/new").count == 1)
        #expect(try read("messages.jsonl").split(separator: "\n").count == 1)
    }

    @Test func `a text that is not to be handed over leaves nothing behind`() async throws {
        let courier = try SpoolCourier(folder: folder)
        let outcome = await courier.deliver(parcel()) { throw CancellationError() }
        #expect(outcome == .interrupted)
        for place in ["sms/new", "sms/tmp"] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/" + place).isEmpty)
        }
    }

    @Test func `what one text message cannot carry tells its parts`() async throws {
        let courier = try SpoolCourier(folder: folder, costPerPart: 450)
        _ = await courier.deliver(parcel(String(repeating: "a", count: 161))) {}
        let text = try read("sms/new/\(key).txt")
        #expect(text.contains("Parts: 2\n") && text.contains("Cost: 0.0900\n"))
    }
}
