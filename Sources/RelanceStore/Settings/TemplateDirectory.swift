import RelanceCore

/// The templates in a folder: `fr/digest.email.txt`, `en/partials/footer.txt`, one folder a language.
///
/// A reading that found anything wrong is not to be used, so that a template half-copied is never half a letter.
package struct TemplateDirectory: Sendable {
    package let folder: String
    /// In order of name.
    package private(set) var sources: [TemplateSource] = []
    package private(set) var issues: [ConfigurationIssue] = []

    /// As long as the longest text a template may make.
    private static let greatestSize = TemplateLibrary.outputLimit
    /// `fr/partials/name`: nothing lies deeper.
    private static let greatestDepth = 3

    /// Reads every `.txt` and `.html` file; hidden files and others are passed over.
    package init(_ folder: String) {
        self.folder = folder
        read("", depth: 1)
    }

    /// The file of a source, for whoever has to say where a problem is.
    package func path(of source: String) -> String { folder + "/" + source }

    private mutating func read(_ inner: String, depth: Int) {
        let names: [String]
        do throws(SmallFile.Problem) {
            names = try SmallFile.names(in: inner.isEmpty ? folder : path(of: inner))
        } catch {
            report(inner, .unreadable(reason: error.description))
            return
        }
        for name in names {
            let source = inner.isEmpty ? name : inner + "/" + name
            if name.hasSuffix(".txt") || name.hasSuffix(".html") {
                readFile(source)
            } else if !name.contains("."), depth < Self.greatestDepth {
                read(source, depth: depth + 1)
            }
        }
    }

    private mutating func readFile(_ source: String) {
        do throws(SmallFile.Problem) {
            let bytes = try SmallFile.read(path(of: source), atMost: Self.greatestSize, access: .trusted)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                report(source, .syntax("not UTF-8: save the file with that encoding"))
                return
            }
            sources.append(TemplateSource(name: source, text: text))
        } catch {
            report(source, .unreadable(reason: error.description))
        }
    }

    private mutating func report(_ source: String, _ problem: ConfigurationIssue.Problem) {
        issues.append(ConfigurationIssue(file: source.isEmpty ? folder : path(of: source), problem: problem))
    }
}
