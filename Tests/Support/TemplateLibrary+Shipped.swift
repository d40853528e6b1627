import Foundation
import RelanceCore

extension TemplateSource {
    /// The templates that ship, as they lie in the repository.
    package static let shipped: [TemplateSource] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Templates")
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return names.sorted().compactMap { name in
            guard name.hasSuffix(".txt") || name.hasSuffix(".html"),
                let file = FileManager.default.contents(atPath: root.appendingPathComponent(name).path)
            else { return nil }
            return TemplateSource(name: name, text: String(decoding: file, as: UTF8.self))
        }
    }()
}

extension TemplateLibrary {
    /// The library that ships; a fault in it stops the run.
    package static let shipped: TemplateLibrary = {
        do { return try TemplateLibrary(TemplateSource.shipped) } catch { preconditionFailure("\(error)") }
    }()
}
