import RelanceCore
import RelanceTestSupport

extension FuzzTarget {
    /// A chamber's own template, a partial of it or its words, and hostile words in whatever people wrote.
    ///
    /// Promise: it is refused with a reason or renders; a word never becomes markup, leaves an attribute, or turns round
    /// what stands beside it.
    static let template = FuzzTarget("template") { bytes in
        let draft = TemplateDraft(bytes)
        let library: TemplateLibrary
        do throws(TemplateProblems) {
            library = try TemplateLibrary.shipped.replacing([draft.source])
        } catch {
            try expect(!error.problems.isEmpty, "a refused template has a reason")
            return
        }
        guard let message = draft.message, let now = draft.sample?.now else { return }
        let composer = Composer(templates: library, service: .make())
        if message.channel == .sms {
            guard let text = try? composer.composeText(message, calendar: .office, now: now) else { return }
            try expect(
                SafeText.isPrintable(text.text.text), "a text message is one line")
        } else if let mail = try? composer.compose(message, calendar: .office, now: now) {
            let faults = mail.breakOuts(beside: draft.source.text)
            try expect(faults.isEmpty, faults.joined(separator: "; "))
        }
    }
}
