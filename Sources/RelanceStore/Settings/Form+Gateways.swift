import RelanceCore

extension Form<GatewayTemplate> {
    /// A text whose names in braces are all among these.
    static func template(names: [String]) -> Form {
        Form("a text with names in braces") { text throws(FormMismatch) in
            let template: GatewayTemplate
            do throws(GatewayTemplateProblem) {
                template = try GatewayTemplate(text)
            } catch {
                throw FormMismatch(expected: "a text with names in braces; this one has \(error)")
            }
            if let stranger = template.names.first(where: { !names.contains($0) }) {
                throw FormMismatch(
                    expected: "names in braces among " + names.joined(separator: ", "),
                    nearest: names.nearest(to: stranger))
            }
            return template
        }
    }

    /// A path of a URL, its values escaped when they are filled in.
    static func pathTemplate(names: [String]) -> Form {
        let any = template(names: names)
        return Form("a path such as /sms/{account}/jobs") { text throws(FormMismatch) in
            let template = try any.value(of: text)
            let isPath =
                text.first == "/"
                && template.segments.allSatisfy { segment in
                    guard case .literal(let literal) = segment else { return true }
                    return literal.utf8.allSatisfy {
                        (0x21...0x7E).contains($0) && !"?#\"<>\\^`{|}".utf8.contains($0)
                    }
                }
            guard isPath else { throw FormMismatch() }
            return template
        }
    }
}

extension Form<GatewayField> {
    static var field: Form {
        Form("a place such as json ids[0], query dlr, form MessageStatus or text ~ ^OK: (.+)$") {
            GatewayField($0)
        }
    }
}

extension Form<GatewayCondition> {
    static var condition: Form {
        Form("a condition such as json status = 1, json ids[0] is absent or text ~ ^OK") {
            GatewayCondition($0)
        }
    }
}

extension Form<GatewayAnswerRules.Mark> {
    /// `status 429`, `code 21211`, or a condition.
    static var mark: Form {
        Form("a mark such as status 429, code 21211 or json status = -1") { text in
            if text.hasPrefix("status ") { return statusRange(text.dropFirst(7)).map { .status($0) } }
            if text.hasPrefix("code ") { return .code(String(text.dropFirst(5))) }
            return GatewayCondition(text).map { .condition($0) }
        }
    }
}

extension Form<ClosedRange<Int>> {
    static var statuses: Form { Form("an HTTP status such as 200 or 500-599") { statusRange($0[...]) } }
}

private func statusRange(_ text: Substring) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
        first >= 100, last <= 599
    else { return nil }
    return first...last
}

extension Form<GatewayAddress> {
    static var gatewayAddress: Form {
        // A URL can hold a password, so it is not printed back.
        Form("an address such as https://api.sms.example/v1, without user or query", hidesWhatItFound: true) {
            GatewayAddress($0)
        }
    }
}

extension Form<String> {
    /// A name a template can put in braces.
    static var placeholder: Form {
        Form("a name of small letters, digits and _") { text in
            let isName = text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            }
            return isName && (1...64).contains(text.utf8.count) ? text : nil
        }
    }

    /// A text of one line or several.
    static var block: Form {
        Form("a text of at most 16 KiB") { $0.utf8.count <= 16 << 10 && !$0.utf8.contains(0) ? $0 : nil }
    }
}

extension Form<Int> {
    /// An amount of money with up to four decimals, in ten-thousandths.
    static var price: Form {
        Form("a price such as 0.052, without currency") { text in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let decimals = parts.count == 2 ? parts[1] : ""
            guard (1...2).contains(parts.count), parts[0].utf8.count <= 4, decimals.utf8.count <= 4,
                parts.count == 1 || !decimals.isEmpty, let whole = UInt16(parts[0]),
                text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
                let fraction = Int(decimals + String(repeating: "0", count: 4 - decimals.utf8.count))
            else { return nil }
            return Int(whole) * 10_000 + fraction
        }
    }
}
