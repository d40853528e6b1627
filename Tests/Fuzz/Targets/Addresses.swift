import RelanceCore

extension FuzzTarget {
    /// An address.
    ///
    /// Promise: what is let in is plain, and reads back as itself.
    static let emailAddress = FuzzTarget("email_address") { bytes in
        guard let address = try? EmailAddress(bytes.text) else { return }
        try address.expectPlain()
        try expect((try? EmailAddress(address.description)) == address, "\(address) reads back as itself")
    }
}

extension EmailAddress {
    /// Nothing of it can end a command of SMTP or a header field, or begin another address.
    func expectPlain() throws {
        let bytes = description.utf8
        try expect(
            bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"<>,;:\"()[]\\".utf8.contains($0) },
            "\(description.debugDescription) holds no mark that ends an address")
        try expect(bytes.count { $0 == UInt8(ascii: "@") } == 1, "\(description) has one at sign")
    }
}
