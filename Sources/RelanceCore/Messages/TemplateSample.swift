/// Values made up from what a kind declares, so that `check` can render every template without a case at hand.
enum TemplateSample: CaseIterable {
    /// Everything said, every list with two items.
    case full
    /// Nothing optional said, every list empty.
    case bare
    /// Everything said at the length the composer allows.
    case long

    func values(for names: [String: TemplateName]) -> TemplateValues {
        var values: TemplateValues = [:]
        for (name, form) in names {
            values[name] =
                switch form {
                case .text: .text(text(name))
                case .optional: self == .bare ? .absent : .text(text(name))
                case .flag: .flag(self != .bare)
                case .list(let items):
                    .list(Array(repeating: self.values(for: items), count: self == .bare ? 0 : 2))
                }
        }
        return values
    }

    private func text(_ name: String) -> String {
        self == .long ? String(repeating: "é", count: Composer.longestName) : name
    }
}
