/// What a template may be told under a name.
package indirect enum TemplateValue: Hashable, Sendable {
    case text(String)
    /// A name that has nothing to say this time.
    case absent
    case flag(Bool)
    case list([TemplateValues])

    /// The text, or absent for nil.
    static func optional(_ text: String?) -> TemplateValue {
        text.map(TemplateValue.text) ?? .absent
    }
}

package typealias TemplateValues = [String: TemplateValue]

/// What a name stands for in the templates of a kind.
package indirect enum TemplateName: Hashable, Sendable {
    /// Always there.
    case text
    /// Sometimes there: may be printed only inside its own section, so that it never leaves a gap.
    case optional
    /// Asked about, never printed.
    case flag
    case list([String: TemplateName])

    /// Whether a value is one the name may have.
    func admits(_ value: TemplateValue) -> Bool {
        switch (self, value) {
        case (.text, .text), (.optional, .text), (.optional, .absent), (.flag, .flag): true
        case (.list(let names), .list(let items)):
            items.allSatisfy { TemplateName.misfits($0, names).isEmpty }
        default: false
        }
    }

    /// The names that a set of values lacks, has too many or has wrong, in order.
    static func misfits(_ values: TemplateValues, _ names: [String: TemplateName]) -> [String] {
        Set(values.keys).union(names.keys).sorted().filter { name in
            guard let declared = names[name], let value = values[name] else { return true }
            return !declared.admits(value)
        }
    }
}
