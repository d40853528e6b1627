import Foundation
import RelanceCore

extension CaseReference {
    /// What remains of a reference for a reader in a hurry: two references with one skeleton will be mixed up.
    ///
    /// The idea of UTS #39, 4: capitals, widths, letters of other alphabets, hyphens and digits that look alike are one.
    var skeleton: String {
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        let folded = isASCII ? text : text.precomposedStringWithCompatibilityMapping
        var skeleton = String.UnicodeScalarView()
        for scalar in folded.lowercased().unicodeScalars { skeleton.append(Self.twins[scalar] ?? scalar) }
        return String(skeleton)
    }

    /// Small letters, each with the one it is read as.
    private static let twins: [Unicode.Scalar: Unicode.Scalar] = {
        let pairs: [(String, String)] = [
            ("oіιil", "01111"),  // as digits; the second and third are Cyrillic and Greek
            ("авекмнорстухјѕԁ", "abekmh0pctyxjsd"),
            ("αβεζηκμνορτυχ", "abezhkmn0ptyx"),
            ("‐‑‒–—−", "------"),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.flatMap { zip($0.unicodeScalars, $1.unicodeScalars) })
    }()
}
