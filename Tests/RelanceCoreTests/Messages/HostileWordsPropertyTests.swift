import RelanceCore
import RelanceTestSupport
import Testing

/// Whatever people wrote into a record, a message says it and does not become it (reliability 3.7); the argument of a
/// failing test is its seed.
@Suite struct HostileWordsPropertyTests {
    private static let pieces = [
        "<b>", "</p>", "<script>", "&lt;", "&#60;", "\"", "'", "`", "=", ">", "{{ref}}", "{{{ref}}}",
        "{{/cases}}",
        "{{> footer}}", "${jndi:x}", "%s", "\u{202E}", "\u{2066}", "\u{2068}", "\u{2069}", "\u{200B}",
        "\u{E0041}",
        "\u{0}", "\r\n", "\n.\n", "\u{2028}", "\u{301}", "\"\u{301}", "<\u{338}", "שלום", "مرحبا", "Élodie",
        "javascript:", " onclick=x ", "=cmd|' /C calc'!A0", "\\", "🧑‍🧑‍🧒", "\u{FFFE}",
    ]

    private static func word(_ random: inout SplitMix64) -> String {
        RenderedMessage.hostileBeginning
            + (0..<random.number(in: 0...8)).map { _ in random.pick(pieces) }.joined()
    }

    @Test(arguments: Seeds.or(first: 6))
    func `no word of a record becomes markup, or turns round what stands beside it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let composer = Composer(templates: .shipped, service: .make())
        var (mails, pages) = (0, 0)
        for sample in MessageSample.all {
            let message = sample.message.saying { Self.word(&random) }
            let mail: RenderedMessage
            do {
                mail = try composer.compose(message, calendar: .office, now: sample.now)
            } catch {
                Issue.record("seed \(seed), \(sample): \(error)")
                continue
            }
            let faults = mail.breakOuts()
            #expect(faults.isEmpty, "seed \(seed), \(sample): \(faults)")
            mails += 1
            pages += mail.html == nil ? 0 : 1
        }
        #expect(mails == MessageSample.all.count && pages > 5)
    }

    @Test(arguments: Seeds.or(first: 6))
    func `no word of a record breaks the line of a text message`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let composer = Composer(templates: .shipped, service: .make())
        for sample in MessageSample.texts {
            let message = sample.message.saying { Self.word(&random) }
            let text = try composer.composeText(message, calendar: .office, now: sample.now).text.text
            #expect(
                SafeText.isPrintable(text),
                "seed \(seed), \(sample): \(text.debugDescription)")
        }
    }
}
