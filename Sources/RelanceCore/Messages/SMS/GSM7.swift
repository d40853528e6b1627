/// The seven-bit alphabet of text messages: the default alphabet and its extension table (3GPP TS 23.038, 6.2.1).
package enum GSM7 {
    /// The characters in the order of their codes, sixteen a line; 0x1B is the escape and stands for none.
    private static let alphabet = [
        "@£$¥èéùìòÇ\nØø\rÅå", "Δ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ",
        " !\"#¤%&'()*+,-./", "0123456789:;<=>?",
        "¡ABCDEFGHIJKLMNO", "PQRSTUVWXYZÄÖÑÜ§",
        "¿abcdefghijklmno", "pqrstuvwxyzäöñüà",
    ]
    /// What is written as the escape and a second septet.
    private static let extensionTable = "\u{0C}^{}\\[~]|€"

    /// The septets of each scalar up to the euro sign, 0 where it has none.
    private static let costs: [UInt8] = {
        var costs = [UInt8](repeating: 0, count: 0x20AD)
        for scalar in alphabet.joined().unicodeScalars { costs[Int(scalar.value)] = 1 }
        for scalar in extensionTable.unicodeScalars { costs[Int(scalar.value)] = 2 }
        costs[0x1B] = 0
        return costs
    }()

    /// How many septets a character takes, 1 or 2; nil when the alphabet does not have it.
    package static func septets(_ scalar: Unicode.Scalar) -> Int? {
        guard scalar.value < costs.count else { return nil }
        let cost = costs[Int(scalar.value)]
        return cost == 0 ? nil : Int(cost)
    }
}
