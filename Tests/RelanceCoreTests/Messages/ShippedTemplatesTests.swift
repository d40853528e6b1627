import RelanceCore
import RelanceTestSupport
import Testing

struct ShippedTemplatesTests {
    @Test func `the shipped templates are sound in every branch`() throws {
        do {
            let library = try TemplateLibrary(TemplateSource.shipped)
            #expect(library.check() == [])
        } catch {
            Issue.record(Comment(rawValue: error.description))
        }
    }
}
