/// Where the console listens and how the world reaches it.
package struct ConsoleSettings: Hashable, Sendable {
    /// Of this machine or of a private network, since TLS is the reverse proxy's; nil is not at all.
    package var listen: ListenAddress?
    /// What addresses for gateways are built from, without a slash at the end; nil is none, and receipts are polled.
    package var publicURL: String?

    package struct ListenAddress: Hashable, Sendable {
        /// A numeric address, IPv6 without brackets.
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package init(listen: ListenAddress? = nil, publicURL: String? = nil) {
        self.listen = listen
        self.publicURL = publicURL
    }

    /// Where a gateway is told to call; nil without a public address.
    package func receiptURL(route: String, token: String?) -> String? {
        publicURL.map { $0 + "/receipts/" + route + (token.map { "/" + $0 } ?? "") }
    }
}
