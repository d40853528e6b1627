import CSSL
import Foundation

/// Who a server of the tests says it is: a certificate, its key, and the authority a client is told to trust.
///
/// Made anew each time, so that no test depends on the date or on a file in the tree; the authority's file goes with it.
package final class TLSIdentity: @unchecked Sendable {
    // Sendable because OpenSSL counts and locks an SSL_CTX itself, and nothing changes it after `init`.

    /// What is wrong with a certificate, of the kinds a client has to notice.
    package enum Flaw: String, CaseIterable, Sendable {
        case selfSigned, expired, notYetValid, wrongHost, unknownAuthority, wrongPurpose
    }

    package enum Version: Sendable { case tls1_0, tls1_1, tls1_3 }

    /// The one name a certificate without flaw bears: the address 127.0.0.1 is not in it.
    package static let host = "localhost"

    /// The PEM file of the only authority a client is to trust.
    package let authorities: String
    fileprivate let context: OpaquePointer

    /// `newest` is the newest version of TLS the server speaks.
    package init(_ flaw: Flaw? = nil, newest: Version = .tls1_3) throws {
        let trusted = try Certificate(named: "authority", signedBy: nil, isAuthority: true)
        let stranger = try Certificate(named: "stranger", signedBy: nil, isAuthority: true)
        let signer: Certificate? =
            switch flaw {
            case .selfSigned: nil
            case .unknownAuthority: stranger
            default: trusted
            }
        let day = 86_400
        let own = try Certificate(
            named: flaw == .wrongHost ? "other.example" : Self.host, signedBy: signer, isAuthority: false,
            purpose: flaw == .wrongPurpose ? "clientAuth" : "serverAuth",
            validity: flaw == .expired ? -2 * day ... -day : flaw == .notYetValid ? day...2 * day : -day...day
        )

        guard let context = SSL_CTX_new(TLS_server_method()) else { throw TLSError("SSL_CTX_new") }
        self.context = context
        authorities = NSTemporaryDirectory() + "relance-authority-\(UUID().uuidString.prefix(8)).pem"
        guard SSL_CTX_use_certificate(context, own.certificate) == 1,
            SSL_CTX_use_PrivateKey(context, own.key) == 1
        else { throw TLSError("SSL_CTX_use_certificate") }
        switch newest {
        case .tls1_3: break
        case .tls1_1: guard cssl_allow_up_to(context, TLS1_1_VERSION) == 1 else { throw TLSError("TLS 1.1") }
        case .tls1_0: guard cssl_allow_up_to(context, TLS1_VERSION) == 1 else { throw TLSError("TLS 1.0") }
        }
        try Data(trusted.pem).write(to: URL(fileURLWithPath: authorities))
    }

    deinit {
        SSL_CTX_free(context)
        unlink(authorities)
    }
}

/// What OpenSSL would not do.
package struct TLSError: Error, CustomStringConvertible {
    package let description: String

    fileprivate init(_ call: String) {
        description = "\(call) failed"
    }
}

/// A certificate and its key, in memory.
private final class Certificate {
    let certificate: OpaquePointer
    let key: OpaquePointer

    /// `validity` counts seconds from now; without a signer it signs itself.
    init(
        named name: String, signedBy signer: Certificate?, isAuthority: Bool, purpose: String? = nil,
        validity: ClosedRange<Int> = -86_400...86_400
    ) throws {
        guard let certificate = X509_new(), let key = cssl_new_key() else { throw TLSError("X509_new") }
        self.certificate = certificate
        self.key = key
        X509_set_version(certificate, 2)  // counted from 0: version 3
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...Int(Int32.max)))
        X509_gmtime_adj(X509_getm_notBefore(certificate), validity.lowerBound)
        X509_gmtime_adj(X509_getm_notAfter(certificate), validity.upperBound)
        X509_set_pubkey(certificate, key)
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, Int32(name.utf8.count), -1, 0)
        X509_set_issuer_name(certificate, X509_get_subject_name(signer?.certificate ?? certificate))
        try add(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE")
        if let purpose {
            try add(NID_subject_alt_name, "DNS:\(name)")
            try add(NID_ext_key_usage, purpose)
        }
        guard X509_sign(certificate, signer?.key ?? key, EVP_sha256()) > 0 else {
            throw TLSError("X509_sign")
        }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    private func add(_ name: Int32, _ value: String) throws {
        guard let item = X509V3_EXT_conf_nid(nil, nil, name, value) else { throw TLSError(value) }
        defer { X509_EXTENSION_free(item) }
        guard X509_add_ext(certificate, item, -1) == 1 else { throw TLSError(value) }
    }

    var pem: [UInt8] {
        guard let file = BIO_new(BIO_s_mem()) else { return [] }
        defer { BIO_free(file) }
        PEM_write_bio_X509(file, certificate)
        return file.octets
    }
}

/// The server's half of one TLS session, between octets on the wire and octets of the conversation.
///
/// It owns no socket, so that a server can say its handshake as slowly or as broken as it likes.
final class TLSSession {
    private let ssl: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer

    enum Handshake { case done, wantsMore, failed }

    init?(_ identity: TLSIdentity) {
        guard let ssl = SSL_new(identity.context), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { return nil }
        (self.ssl, self.incoming, self.outgoing) = (ssl, incoming, outgoing)
        SSL_set_bio(ssl, incoming, outgoing)  // which owns both from now on
        SSL_set_accept_state(ssl)
    }

    deinit { SSL_free(ssl) }

    /// What came from the wire.
    func take(_ octets: [UInt8]) {
        BIO_write(incoming, octets, Int32(octets.count))
    }

    /// What is to go on the wire now.
    func drain() -> [UInt8] { outgoing.octets }

    func shakeHands() -> Handshake {
        let end = SSL_do_handshake(ssl)
        if end == 1 { return .done }
        return SSL_get_error(ssl, end) == SSL_ERROR_WANT_READ ? .wantsMore : .failed
    }

    /// The octets of the conversation among those taken.
    func opened() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        var plain: [UInt8] = []
        while true {
            let count = SSL_read(ssl, &chunk, Int32(chunk.count))
            guard count > 0 else { return plain }
            plain += chunk.prefix(Int(count))
        }
    }

    func seal(_ octets: [UInt8]) {
        SSL_write(ssl, octets, Int32(octets.count))
    }
}

extension OpaquePointer {
    /// Everything a memory BIO holds, taken out of it.
    fileprivate var octets: [UInt8] {
        var octets = [UInt8](repeating: 0, count: BIO_ctrl_pending(self))
        let count = BIO_read(self, &octets, Int32(octets.count))
        return count > 0 ? Array(octets.prefix(Int(count))) : []
    }
}
