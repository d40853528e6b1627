import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension Parcel {
    static func make(
        _ name: String = "parcel", to recipient: EmailAddress = .make("conseiller@cci.example"),
        bytes: [UInt8] = Array(
            "Date: Mon, 2 Nov 2020 08:30:00 +0100\r\nSubject: test\r\n\r\nBonjour.\r\n".utf8)
    ) -> Parcel {
        Parcel(
            key: .make(name), kind: .newCase, sender: .make("relance@cci.example"), recipient: recipient,
            bytes: bytes)
    }

    /// Far more than sockets can hold: what is unread by the far side is still with us.
    static let tooLargeForSockets = make(
        bytes: Array(String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 80_000).utf8))
}
