/// What an HTML template may not do: fetch anything, run anything, or put a value where escaping would not hold it.
enum HTMLRules {
    /// The faults of a template's markup (reliability 2.11, domain 4.5): values inside a tag stand between double
    /// quotes, links go to `tel:`, `mailto:` or `https:`, and there is nothing remote or active.
    ///
    /// Of more than a hundred faults the others are not told.
    static func problems(in source: TemplateSource) -> [TemplateProblem] {
        let text = source.text.lowercased()
        var found: [(place: String.Index, detail: String)] = []
        for word in forbidden {
            for place in text.ranges(of: word).prefix(greatestCount) {
                found.append((place.lowerBound, "\(word) is not allowed in mail"))
            }
        }
        for link in text.matches(of: #/href\s*=\s*("?)([^"\s>]*)/#)
        where link.1.isEmpty || !["tel:", "mailto:", "https:"].contains(where: link.2.hasPrefix) {
            found.append((link.range.lowerBound, "a link begins with \"tel:, \"mailto: or \"https:"))
        }
        for tag in text.matches(of: #/<[a-z][^>]*>?/#) {
            if tag.0.contains(#/\son[a-z]+\s*=/#) {
                found.append((tag.range.lowerBound, "an event handler is not allowed in mail"))
            }
            if hasBareValue(tag.0) {
                found.append((tag.range.lowerBound, "a value inside a tag stands between double quotes"))
            }
            if tag.0.hasPrefix("<meta"), tag.0.contains("http-equiv") {
                found.append((tag.range.lowerBound, "http-equiv is not allowed in mail"))
            }
        }
        var (line, counted) = (1, text.startIndex)
        return found.sorted { $0.place < $1.place }.prefix(greatestCount).map { place, detail in
            line += text[counted..<place].count { $0.isNewline }
            counted = place
            return TemplateProblem(template: source.name, line: line, detail: detail)
        }
    }

    private static let greatestCount = 100

    /// `<meta` has a place in the head, as long as it sends nobody elsewhere.
    private static let forbidden = [
        "<script", "<img", "<iframe", "<link", "<object", "<embed", "<form", "<style", "<base", "<svg",
        "<video", "<audio", "<input", "<button", "url(", "src=", "srcset=", "background=", "poster=",
    ]

    private static func hasBareValue(_ tag: Substring) -> Bool {
        // Every second stretch between double quotes is outside of them.
        tag.split(separator: "\"", omittingEmptySubsequences: false).enumerated().contains { index, stretch in
            index.isMultiple(of: 2) && stretch.contains("{{")
        }
    }
}
