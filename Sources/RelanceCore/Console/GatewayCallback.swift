/// A gateway's call to us, as it came: what it means is for whoever knows the gateway to say.
package struct GatewayCallback: Hashable, Sendable {
    package enum Method: String, CaseIterable, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package struct Header: Hashable, Sendable {
        /// In lower case.
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The route it was addressed to, by name; whether there is one is not yet known.
    package var route: String
    /// The secret of the address; nil where the gateway signs instead.
    package var token: String?
    /// What the address says behind the token, for gateways that take an address per message; nil is nothing.
    package var suffix: String?
    package var method: Method
    /// What stands after the question mark of the address, as it came: some signatures are over it.
    package var query: String
    /// In order.
    package var headers: [Header]
    /// Exactly as received: signatures are over these bytes.
    package var body: [UInt8]

    package init(
        route: String, token: String?, suffix: String? = nil, method: Method, query: String = "",
        headers: [Header] = [], body: [UInt8] = []
    ) {
        self.route = route
        self.token = token
        self.suffix = suffix
        self.method = method
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of a header by its name in lower case; nil unless it stands there exactly once.
    package func header(_ name: String) -> String? {
        let values = headers.filter { $0.name == name }
        return values.count == 1 ? values[0].value : nil
    }
}

/// What a gateway is answered, to the byte: some look for an exact body (gateways.md 2).
package struct CallbackAnswer: Hashable, Sendable {
    /// An HTTP status.
    package var status: Int
    /// Nil is none, for an empty body.
    package var contentType: String?
    package var body: String

    package init(status: Int, contentType: String? = nil, body: String = "") {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
