import CCrypto

/// Digests of bytes, by OpenSSL's libcrypto; hexadecimal is lower case.
package enum Checksum {
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }

    package static func sha256Hex(_ bytes: [UInt8]) -> String { hex(sha256(bytes)) }

    /// For protocols that still ask for it (OVHcloud's signature); for nothing of our own.
    package static func sha1Hex(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        _ = SHA1(bytes, bytes.count, &digest)
        return hex(digest)
    }

    package static func hmacSHA256Hex(_ bytes: [UInt8], key: [UInt8]) -> String {
        hex(hmac(EVP_sha256(), bytes, key: key))
    }

    package static func hmacSHA1Base64(_ bytes: [UInt8], key: [UInt8]) -> String {
        base64(hmac(EVP_sha1(), bytes, key: key))
    }

    /// Whether two digests or tokens are the same, in a time that tells nothing of where they differ.
    package static func areEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        return a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }

    /// RFC 4648, 4, with its padding.
    package static func base64(_ bytes: [UInt8]) -> String {
        var out = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&out, bytes, Int32(bytes.count))
        return String(decoding: out.prefix(Int(count)), as: UTF8.self)
    }

    private static func hmac(_ digest: OpaquePointer?, _ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        HMAC(digest, key, Int32(key.count), bytes, bytes.count, &out, &count)
        return Array(out.prefix(Int(count)))
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
