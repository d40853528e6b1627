import Foundation
import FuzzTargets
import RelanceCore
import RelanceTestSupport
import Testing

/// A library that has something laid over it is the library that was read with it.
@Suite struct TemplateReplacementTests {
    /// What a library makes of the samples, or what is wrong with it.
    private enum Reading: Equatable {
        case made([String])
        case refused([TemplateProblem])

        init(_ library: () throws(TemplateProblems) -> TemplateLibrary) {
            do {
                let composer = Composer(templates: try library(), service: .make())
                self = .made(
                    MessageSample.all.map { sample in
                        do {
                            return
                                "\(try composer.compose(sample.message, calendar: .office, now: sample.now))"
                        } catch {
                            return "\(error)"
                        }
                    }
                        + MessageSample.texts.map { sample in
                            do {
                                return
                                    "\(try composer.composeText(sample.message, calendar: .office, now: sample.now))"
                            } catch {
                                return "\(error)"
                            }
                        })
            } catch {
                self = .refused(error.problems)
            }
        }
    }

    private static func expectSame(_ overrides: [TemplateSource], _ name: String) {
        let whole = Reading { () throws(TemplateProblems) in
            try TemplateLibrary(TemplateSource.shipped, overrides: overrides)
        }
        let laid = Reading { () throws(TemplateProblems) in try TemplateLibrary.shipped.replacing(overrides) }
        guard whole != laid else { return }
        switch (whole, laid) {
        case (.made(let whole), .made(let laid)):
            let first = zip(whole, laid).first { $0 != $1 }
            Issue.record("\(name): \(first?.0 ?? "") is \(first?.1 ?? "")")
        default: Issue.record("\(name): \(whole) is \(laid)")
        }
    }

    @Test func `whatever was ever laid over the shipped templates`() throws {
        let folder = CorpusReplayTests.corpora.appending(path: "template")
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            let draft = TemplateDraft([UInt8](try Data(contentsOf: file)))
            Self.expectSame([draft.source], file.lastPathComponent)
        }
    }

    /// Several at once, and what changes what another one is.
    @Test(arguments: [
        ("a text, which loses its twin", [("fr/digest.email.txt", "Subject: {{day}}\n\nBonjour\n")]),
        (
            "a text and its twin",
            [
                ("fr/digest.email.txt", "Subject: {{day}}\n\nA\n"),
                ("fr/digest.email.html", "<p>A</p>\n{{> page_end}}"),
            ]
        ),
        ("a partial", [("fr/partials/footer.txt", "Pied {{service}}\n")]),
        ("a partial of every language", [("partials/page_end.html", "</div>\n</body>\n")]),
        (
            "a partial before that of every language",
            [("en/partials/page_end.html", "</div>\n<p>E</p></body>\n")]
        ),
        ("a partial that is no text for HTML any more", [("fr/partials/said.txt", "<b>")]),
        ("a partial that knows too much", [("fr/partials/footer.txt", "{{ref}}")]),
        (
            "a partial with another",
            [("fr/partials/footer.txt", "{{> feet}}\n"), ("fr/partials/feet.txt", "Pieds")]
        ),
        ("a partial with itself", [("fr/partials/footer.txt", "{{> footer}}\n")]),
        ("a partial with none", [("fr/partials/footer.txt", "{{> feet}}\n")]),
        ("words", [("fr/words.txt", "activity.5630Z = Café\nkind.digest = Revue")]),
        ("words that are none", [("fr/words.txt", "origin.phone = téléphone")]),
        (
            "a variant of its own",
            [("fr/escalation.days.email.txt", "Subject: Dossier {{ref}}\n\n{{advisor}}")]
        ),
        ("HTML without its text", [("fr/escalation.days.email.html", "<p>b</p>")]),
        ("no template", [("fr/digets.email.txt", "a"), ("fr/call_task.email.txt", "Subject: a\n\nb")]),
        (
            "the same twice",
            [("fr/survey.sms.txt", "{{link}}"), ("fr/survey.sms.txt", "Avis : {{link}}")]
        ),
        ("a text that is none", [("fr/digest.email.txt", "Bonjour")]),
    ])
    func `what changes more than itself`(name: String, overrides: [(String, String)]) {
        Self.expectSame(overrides.map { TemplateSource(name: $0.0, text: $0.1) }, name)
    }

    @Test func `one after the other is both at once`() throws {
        let one = TemplateSource(name: "fr/partials/footer.txt", text: "{{> feet}}\n")
        let other = TemplateSource(name: "fr/partials/feet.txt", text: "Pieds")
        let both = Reading { () throws(TemplateProblems) in
            try TemplateLibrary.shipped.replacing([other, one])
        }
        let after = Reading { () throws(TemplateProblems) in
            try TemplateLibrary.shipped.replacing([other]).replacing([one])
        }
        #expect(both == after)
    }
}
