import RelanceCore
import RelanceStore
import RelanceTestSupport

extension FuzzTarget {
    /// The configuration, laid over the defaults.
    ///
    /// Promise: it is accepted whole or refused with a reason.
    static let configuration = FuzzTarget("configuration") { bytes in
        let reading = ConfigurationFile(
            credentialsFolder: nil, needsCredentials: false, gatewayFolder: gatewayFolder
        )
        .read(bytes: bytes, path: "/nonexistent/relance.yaml")
        try expect(
            reading.configuration != nil || !reading.issues.isEmpty, "a refused configuration has an issue")
        for issue in reading.issues { try expect(!issue.description.isEmpty, "an issue has a sentence") }
    }

    /// The preset of a gateway; the promise is that of the configuration.
    static let gatewayPreset = FuzzTarget("gateway_preset") { bytes in
        let file = GatewayPresetFile(bytes: bytes, path: "/nonexistent/fuzz.yaml")
        try expect(file.preset != nil || !file.issues.isEmpty, "a refused preset has an issue")
        for issue in file.issues { try expect(!issue.description.isEmpty, "an issue has a sentence") }
    }

    /// A calendar file of closed days.
    ///
    /// Promise: what closes lies in order.
    static let closedDays = FuzzTarget("closed_days") { bytes in
        let days = ClosedDays(ics: bytes, file: "closed.ics", zone: .paris)
        for part in days.parts {
            try expect(part.span.opens < part.span.closes, "\(part.day) closes forwards")
        }
        for issue in days.issues { try expect(!issue.description.isEmpty, "an issue has a sentence") }
    }
}
