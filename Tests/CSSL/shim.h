// OpenSSL's TLS for the servers of the tests; the functions here are macros there, which Swift cannot call.
#pragma once
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline EVP_PKEY *cssl_new_key(void) { return EVP_EC_gen("P-256"); }

/// A server that can speak any version from TLS 1.0 up to `newest`, however weak; zero when it cannot be had.
static inline int cssl_allow_up_to(SSL_CTX *context, int newest) {
    SSL_CTX_set_security_level(context, 0);
    return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) && SSL_CTX_set_max_proto_version(context, newest);
}
