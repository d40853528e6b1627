/// A request to a provider with names to fill in; a field that names something absent is left out.
package struct GatewayRequest: Hashable, Sendable {
    package enum Method: String, CaseIterable, Hashable, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: GatewayTemplate

        package init(name: String, value: GatewayTemplate) {
            self.name = name
            self.value = value
        }
    }

    /// The account of the Basic scheme (RFC 7617).
    package struct Account: Hashable, Sendable {
        package var user: GatewayTemplate
        package var password: GatewayTemplate

        package init(user: GatewayTemplate, password: GatewayTemplate) {
            self.user = user
            self.password = password
        }
    }

    package enum Body: Hashable, Sendable {
        /// `application/x-www-form-urlencoded`
        case form([Field])
        case json(GatewayJSON)
    }

    package var method: Method
    /// From the preset's address on; values in it are escaped one by one.
    package var path: GatewayTemplate
    package var query: [Field]
    package var headers: [Field]
    package var account: Account?
    package var body: Body?

    package init(
        method: Method, path: GatewayTemplate, query: [Field], headers: [Field], account: Account?,
        body: Body?
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.account = account
        self.body = body
    }

    /// Every name it fills in.
    package var names: [String] {
        var templates = [path] + (query + headers).map(\.value)
        if let account { templates += [account.user, account.password] }
        var names = templates.flatMap(\.names)
        switch body {
        case .form(let fields)?: names += fields.flatMap(\.value.names)
        case .json(let json)?: names += json.names
        case nil: break
        }
        return names
    }
}

/// A JSON document with names to fill in: values fill texts and numbers, never the structure.
package indirect enum GatewayJSON: Hashable, Sendable {
    /// A number, true, false or null, as written.
    case literal(String)
    case text(GatewayTemplate)
    /// `"{validity_minutes:number}"`: the value as a number.
    case number(String)
    /// `"{encoding:boolean}"`: the value as true or false.
    case boolean(String)
    case list([GatewayJSON])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: GatewayJSON

        package init(name: String, value: GatewayJSON) {
            self.name = name
            self.value = value
        }
    }

    /// A string of the document as written.
    package init(string: String) throws(GatewayTemplateProblem) {
        let marks: [(String, (String) -> GatewayJSON)] = [
            (":number}", Self.number), (":boolean}", Self.boolean),
        ]
        for (mark, make) in marks where string.hasPrefix("{") && string.hasSuffix(mark) {
            let template = try GatewayTemplate(string.dropLast(mark.count) + "}")
            if template.segments.count == 1, let name = template.names.first {
                self = make(name)
                return
            }
        }
        self = .text(try GatewayTemplate(string))
    }

    package var names: [String] {
        switch self {
        case .literal: []
        case .text(let template): template.names
        case .number(let name), .boolean(let name): [name]
        case .list(let items): items.flatMap(\.names)
        case .object(let members): members.flatMap(\.value.names)
        }
    }
}
