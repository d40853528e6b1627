/// What an HTML template may not do: fetch anything, run anything, or put a value where escaping would not hold it.
enum HTMLRules {
    /// The faults of a template's markup (reliability 2.11, domain 4.5): values inside a tag stand between double quotes,
    /// links go to `tel:`, `mailto:` or `https:`, and there is nothing remote or active.
    static func problems(in source: TemplateSource) -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        for (index, line) in source.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        {
            func report(_ detail: String) {
                problems.append(TemplateProblem(template: source.name, line: index + 1, detail: detail))
            }
            let text = line.lowercased()
            for word in [
                "<script", "<img", "<iframe", "<link", "<object", "<embed", "<form", "<style", "url(", "src=",
                "srcset=",
            ]
            where text.contains(word) {
                report("\(word) is not allowed in mail")
            }
            if text.contains(#/<[^>]*\son[a-z]+\s*=/#) { report("an event handler is not allowed in mail") }
            for link in text.matches(of: #/href\s*=\s*("?)([^"\s>]*)/#)
            where link.1.isEmpty || !["tel:", "mailto:", "https:"].contains(where: link.2.hasPrefix) {
                report("a link begins with \"tel:, \"mailto: or \"https:")
            }
            for tag in text.matches(of: #/<[a-z][^>]*>?/#) where hasBareValue(tag.0) {
                report("a value inside a tag stands between double quotes")
            }
        }
        return problems
    }

    private static func hasBareValue(_ tag: Substring) -> Bool {
        // Every second stretch between double quotes is outside of them.
        tag.split(separator: "\"", omittingEmptySubsequences: false).enumerated().contains { index, stretch in
            index.isMultiple(of: 2) && stretch.contains("{{")
        }
    }
}
