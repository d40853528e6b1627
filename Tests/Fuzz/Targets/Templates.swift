import RelanceCore
import RelanceTestSupport

extension FuzzTarget {
    /// A chamber's own template and the name of whoever is written to: which template, its text up to a NUL, the name.
    ///
    /// Promise: it is refused with a reason or renders; a name never becomes markup.
    static let template = FuzzTarget("template") { bytes in
        var cursor = ByteCursor(bytes)
        let replaced = cursor.choice(of: TemplateSource.shipped)
        let own = TemplateSource(name: replaced.name, text: cursor.block())
        let name = "<x-fuzz " + Array(cursor.rest).text
        let library: TemplateLibrary
        do throws(TemplateProblems) {
            library = try TemplateLibrary(TemplateSource.shipped, overrides: [own])
        } catch {
            try expect(!error.problems.isEmpty, "a refused template has a reason")
            return
        }
        let composer = Composer(templates: library, service: .make())
        let stem = replaced.name.prefix { $0 != "." } + "."
        for sample in (MessageSample.all + MessageSample.texts).filter({ ($0.name + ".").hasPrefix(stem) }) {
            var message = sample.message
            message.recipient.name = name
            message.recipient.firstName = name
            if message.channel == .sms {
                _ = try? composer.composeText(message, calendar: .office, now: sample.now)
            } else if let mail = try? composer.compose(message, calendar: .office, now: sample.now) {
                try expect(
                    own.text.contains("<x-fuzz") || mail.html?.contains("<x-fuzz") != true,
                    "a name is no markup")
                try expect(
                    SafeText.isPrintable(mail.subject), "a subject is one line")
            }
        }
    }
}
