import RelanceCore
import RelanceTestSupport

/// A chamber's own template and what is read with it: which template it replaces, which message, the text up to a NUL,
/// then lines of words for what people wrote.
package struct TemplateDraft {
    package let source: TemplateSource
    /// A message that the replaced template serves.
    let sample: MessageSample?
    private let words: [String]

    package init(_ bytes: [UInt8]) {
        var cursor = ByteCursor(bytes)
        let replaced = cursor.choice(of: TemplateSource.shipped)
        let choice = Int(cursor.byte())
        source = TemplateSource(name: replaced.name, text: cursor.block())
        let served = Self.samples.filter { $0.sources.contains(replaced.name) }.map(\.sample)
        sample = served.isEmpty ? nil : served[choice % served.count]
        var words: [String] = []
        while !cursor.rest.isEmpty { words.append(cursor.line()) }
        self.words = words.isEmpty ? [""] : words
    }

    /// The message in hostile words.
    var message: PlannedMessage? {
        var index = 0
        return sample?.message.saying {
            index += 1
            return RenderedMessage.hostileBeginning + words[index % words.count]
        }
    }

    /// Every message with the names of the shipped sources that put it into words.
    private static let samples: [(sample: MessageSample, sources: Set<String>)] = {
        let shipped = Dictionary(
            TemplateSource.shipped.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 })
        return (MessageSample.all + MessageSample.texts).map { sample in
            let isText = sample.message.channel == .sms
            let language = sample.message.recipient.language.rawValue
            let stem = isText ? String(sample.name.dropLast(".sms".count)) : sample.name
            let kind = String(stem.prefix { $0 != "." })
            let ending = isText ? ".sms.txt" : ".email.txt"
            let name = [stem, kind].first { shipped[$0 + ending] != nil } ?? kind
            var sources: Set = ["\(language)/words.txt"]
            var next = isText ? [name + ending] : [name + ".email.txt", name + ".email.html"]
            while let source = next.popLast() {
                guard let text = shipped[source], sources.insert(source).inserted else { continue }
                for tag in text.matches(of: #/\{\{>\s*(\w+)/#) {
                    for ending in [".txt", ".html"] {
                        next += ["\(language)/partials/\(tag.1)\(ending)", "partials/\(tag.1)\(ending)"]
                    }
                }
            }
            return (sample, sources)
        }
    }()
}
