extension String {
    /// The same without e-mail addresses, or what a reader would take for one: none of its at signs stays.
    ///
    /// Looks at every character once or twice: what the far side says may be long and made to be slow to read.
    var withoutAddresses: String {
        guard contains(where: \.isAtSign) else { return self }
        let characters = Array(self)
        var out = ""
        var taken = 0
        while let mark = characters[taken...].firstIndex(where: \.isAtSign) {
            var start = mark
            var end = mark + 1
            let stands = { (place: Int) in characters.indices.contains(place) && characters[place] == " " }
            if start > taken, characters[start - 1] == "\"" {
                // A local part between quotes may hold anything.
                start = characters[taken..<start - 1].lastIndex(of: "\"") ?? start - 1
            } else if start > taken, stands(mark - 1), stands(mark + 1) {
                (start, end) = (mark - 1, mark + 2)
            }
            while start > taken, characters[start - 1].isOfAddress { start -= 1 }
            while end < characters.count, characters[end].isOfAddress || characters[end].isAtSign { end += 1 }
            out += String(characters[taken..<start]) + "‹address›"
            taken = end
        }
        return out + String(characters[taken...])
    }
}

extension Character {
    /// The sign, or one that looks like it, with whatever accents.
    fileprivate var isAtSign: Bool { unicodeScalars.contains { "@＠﹫".unicodeScalars.contains($0) } }

    fileprivate var isOfAddress: Bool {
        !isWhitespace && !"<>()[]\",;:‹›".contains(self) && !isAtSign
    }
}
