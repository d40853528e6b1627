import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

extension GatewayCourier {
    /// The shipped preset `generic` at an address, its clock standing; `patience` is for the whole, in seconds.
    static func generic(
        _ address: String, authorities: String? = nil, patience: Int64 = 600, concurrency: Int = 1
    ) throws -> GatewayCourier {
        let folder = URL(filePath: #filePath).appending(path: "../../../../Config/gateways").standardized.path
        guard let preset = GatewayPresetFile("\(folder)/generic.yaml").preset,
            let address = GatewayAddress(address)
        else { throw Unreadable() }
        let gateway = SMSGateway(
            preset: preset, address: address, clearText: .onLoopback, sender: "CCINORMAND",
            values: ["api_key": .secret(Secret("canary-key"))], certificateFile: authorities,
            connectTimeout: .seconds(min(patience, 60)), totalTimeout: .seconds(patience), costPerPart: nil,
            receipts: nil)
        return try GatewayCourier(
            gateway, route: "texts", concurrency: concurrency, now: { OutboxFixture.morning })
    }

    private struct Unreadable: Error {}
}
