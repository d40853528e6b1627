import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct MailToSMSCourierTests {
    private static func mail(over folder: String) throws -> MailToSMS {
        MailToSMS(
            carrier: .spool(folder: folder), address: try GatewayTemplate("{to}@sms.provider.example"),
            numberFormat: .national, subject: "SMS", sender: .make("relance@cci.example"),
            messageIDDomain: "relance.cci.example", costPerPart: nil)
    }

    @Test func `a text leaves as a plain mail to its number's address`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relance-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears what is left
        let route = Route(
            name: "post", kind: .mailToSMS(try Self.mail(over: folder.path())), perMinute: nil, concurrency: 1
        )
        let courier = try Couriers.courier(for: route, now: { Conversation.now })
        let parcel = Parcel(
            key: .make("text"), kind: .appointmentSoon,
            content: .text(try Conversation.message("Rendez-vous à 14:00, Évreux")))
        for _ in 0..<2 {
            guard case .accepted = await courier.deliver(parcel, handover: {}) else {
                Issue.record("not accepted")
                return
            }
        }
        let file = folder.appending(path: "mail/new/\(parcel.key)")
        let mail = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let names = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "mail/new").path())
        #expect(names == [parcel.key.text])
        #expect(mail.contains("To: 0639980014@sms.provider.example\r\n"))
        #expect(mail.contains("Subject: SMS\r\n"))
        #expect(mail.contains("Message-ID: <\(Conversation.reference)@relance.cci.example>\r\n"))
        #expect(mail.contains("Date: Mon, 2 Nov 2020 08:30:00 +0000\r\n"))
        #expect(mail.hasSuffix("\r\n\r\nRendez-vous =C3=A0 14:00, =C3=89vreux\r\n"))
        #expect(!mail.contains("multipart"))
    }

    @Test func `a text that a person has sent anew is another mail`() async throws {
        let mails = Guarded<[String]>([])
        let courier = MailToSMSCourier(
            try Self.mail(over: "/nowhere"), over: Carrier(mails: mails), now: { Conversation.now })
        var message = try Conversation.message()
        for number in 0...1 {
            message.reference = "\(MessageKey.make("text")).\(number)"
            _ = await courier.deliver(
                Parcel(key: .make("text"), kind: .appointmentSoon, content: .text(message)), handover: {})
            let line = "Message-ID: <\(message.reference)@relance.cci.example>\r\n"
            #expect(mails.withLock { $0.last }?.contains(line) == true)
        }
    }

    /// Keeps the mails it is handed.
    private struct Carrier: Courier {
        let mails: Guarded<[String]>

        func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
            -> DeliveryOutcome
        {
            mails.withLock { $0.append(String(decoding: parcel.mail?.bytes ?? [], as: UTF8.self)) }
            return .accepted(reply: "")
        }
    }

    @Test func `what the relay says of the number stays unsaid`() async throws {
        let server = try ScriptedSMTPServer(at: .rcpt, .reply("550 33639980014 unknown"))
        defer { server.stop() }
        var mail = try Self.mail(over: "")
        mail.carrier = .smtp(.to(server))
        let courier = try Couriers.courier(
            for: Route(name: "post", kind: .mailToSMS(mail), perMinute: nil, concurrency: 1),
            now: { Conversation.now })
        let parcel = Parcel(
            key: .make("text"), kind: .appointmentSoon, content: .text(try Conversation.message()))
        guard case .refused(let failure) = await courier.deliver(parcel, handover: {}) else {
            Issue.record("taken")
            return
        }
        #expect(failure.detail == "550 ‹number› unknown")
    }

    @Test func `a handover that cannot be recorded keeps the text here`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relance-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // the system clears what is left
        let courier = MailToSMSCourier(
            try Self.mail(over: folder.path()), over: try SpoolCourier(folder: folder.path()),
            now: { Conversation.now })
        let parcel = Parcel(
            key: .make("text"), kind: .appointmentSoon, content: .text(try Conversation.message()))
        #expect(await courier.deliver(parcel) { throw CancellationError() } == .interrupted)
    }
}
