/// What an HTML template may not do: fetch anything, run anything, or put a value where escaping would not hold it.
enum HTMLRules {
    /// The faults of a template's markup (reliability 2.11, domain 4.5): values inside a tag stand between double
    /// quotes, links go to `tel:`, `mailto:` or `https:`, and there is nothing remote or active.
    static func problems(in source: TemplateSource) -> [TemplateProblem] {
        let text = source.text.lowercased()
        var problems: [TemplateProblem] = []
        func report(_ place: String.Index, _ detail: String) {
            let line = text[..<place].count { $0 == "\n" } + 1
            problems.append(TemplateProblem(template: source.name, line: line, detail: detail))
        }
        for word in forbidden {
            for place in text.ranges(of: word) { report(place.lowerBound, "\(word) is not allowed in mail") }
        }
        for link in text.matches(of: #/href\s*=\s*("?)([^"\s>]*)/#)
        where link.1.isEmpty || !["tel:", "mailto:", "https:"].contains(where: link.2.hasPrefix) {
            report(link.range.lowerBound, "a link begins with \"tel:, \"mailto: or \"https:")
        }
        for tag in text.matches(of: #/<[a-z][^>]*>?/#) {
            if tag.0.contains(#/\son[a-z]+\s*=/#) {
                report(tag.range.lowerBound, "an event handler is not allowed in mail")
            }
            if hasBareValue(tag.0) {
                report(tag.range.lowerBound, "a value inside a tag stands between double quotes")
            }
        }
        return problems
    }

    private static let forbidden = [
        "<script", "<img", "<iframe", "<link", "<object", "<embed", "<form", "<style", "url(", "src=",
        "srcset=",
    ]

    private static func hasBareValue(_ tag: Substring) -> Bool {
        // Every second stretch between double quotes is outside of them.
        tag.split(separator: "\"", omittingEmptySubsequences: false).enumerated().contains { index, stretch in
            index.isMultiple(of: 2) && stretch.contains("{{")
        }
    }
}
