import RelanceCore
import Testing

/// Vectors of FIPS 180-4, RFC 4231, RFC 2202 and RFC 4648.
@Suite struct ChecksumTests {
    @Test func `digests are those of the standards`() {
        let abc = Array("abc".utf8)
        #expect(Checksum.sha1Hex(abc) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Checksum.sha256Hex(abc) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Checksum.sha1Hex([]) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }

    @Test func `keyed digests are those of the standards`() {
        let (text, key) = (Array("what do ya want for nothing?".utf8), Array("Jefe".utf8))
        #expect(
            Checksum.hmacSHA256Hex(text, key: key)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(Checksum.hmacSHA1Base64(text, key: key) == "7/zfauXrL6LSdBbV8YTfnCWafHk=")
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func `base64 is padded`(_ text: String, _ encoded: String) {
        #expect(Checksum.base64(Array(text.utf8)) == encoded)
    }

    @Test func `tokens are compared whole`() {
        #expect(Checksum.areEqual("abc", "abc"))
        #expect(!Checksum.areEqual("abc", "abd"))
        #expect(!Checksum.areEqual("abc", "abcd"))
        #expect(Checksum.areEqual("", ""))
    }
}
