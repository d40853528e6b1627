import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// The bytes of every kind, variant and language, pinned; `RELANCE_RECORD=1` records them anew.
struct GoldenMailTests {
    private static let folder = Golden.folder("../Golden")

    @Test(arguments: MessageSample.all)
    func `the mail is the one on record`(sample: MessageSample) throws {
        let bytes = try bytes(of: sample.composed())
        #expect(WireFormat.problem(in: bytes) == nil)
        if let difference = Golden.difference(of: bytes, from: "\(GoldenMailTests.folder)/\(sample.name).eml")
        {
            Issue.record(Comment(rawValue: difference))
        }
    }

    @Test func `every kind and variant is on record in both languages`() {
        let names = Set(MessageSample.all.map(\.name))
        for language in Language.allCases {
            for kind in MessageKind.allCases where kind.isWritten {
                for variant in [""] + TemplateVocabulary.variants(of: kind).map({ "." + $0 }) {
                    #expect(names.contains("\(language.rawValue)/\(kind.rawValue)\(variant)"))
                }
            }
        }
    }

    @Test func `an independent reader finds no defect in any kind and reads what was meant`() throws {
        let exhibits = try MessageSample.all.map { sample in
            let message = try sample.composed()
            return MailJudge.Exhibit(name: sample.name, bytes: try bytes(of: message), of: message)
        }
        for complaint in try MailJudge.complaints(about: exhibits) {
            Issue.record(Comment(rawValue: complaint))
        }
    }
}
