// Typed doors to libcurl's variadic functions, which Swift cannot call. The parentheses round a function's name
// keep libcurl's type-checking macros out of the way.
#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_read(CURL *easy, curl_read_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_READFUNCTION, callback);
}

static inline CURLcode ccurl_set_write(CURL *easy, CURLoption option, curl_write_callback callback) {
    return (curl_easy_setopt)(easy, option, callback);
}

static inline CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_XFERINFOFUNCTION, callback);
}

static inline CURLcode ccurl_set_prereq(CURL *easy, curl_prereq_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode ccurl_set_debug(CURL *easy, curl_debug_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_DEBUGFUNCTION, callback);
}

static inline CURLcode ccurl_set_open_socket(CURL *easy, curl_opensocket_callback callback) {
    return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline long ccurl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return (curl_easy_getinfo)(easy, info, &value) == CURLE_OK ? value : 0;
}

/// Whether the connection of this transfer, as it stands, is a TLS session.
static inline int ccurl_has_tls(CURL *easy) {
    struct curl_tlssessioninfo *session = NULL;
    return (curl_easy_getinfo)(easy, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session
        && session->internals;
}

/// The socket this handle's last transfer left open for the next one; `CURL_SOCKET_BAD` when there is none.
/// Only while the handle is in its multi handle.
static inline curl_socket_t ccurl_standing_socket(CURL *easy) {
    curl_socket_t found = CURL_SOCKET_BAD;
    return (curl_easy_getinfo)(easy, CURLINFO_ACTIVESOCKET, &found) == CURLE_OK ? found : CURL_SOCKET_BAD;
}

/// The port of our end of a socket; zero when it has none.
static inline int ccurl_local_port(curl_socket_t socket) {
    struct sockaddr_in6 address;  // whose port stands where that of an IPv4 address does
    socklen_t size = sizeof address;
    if (getsockname(socket, (struct sockaddr *)&address, &size) != 0) return 0;
    return address.sin6_family == AF_INET || address.sin6_family == AF_INET6 ? ntohs(address.sin6_port) : 0;
}

/// Takes the next finished transfer's result into `code`; zero when none has finished.
static inline int ccurl_multi_next_finished(CURLM *multi, CURLcode *code) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return 1;
        }
    }
    return 0;
}

/// How near an address is, by IANA's registries of special-purpose addresses (RFC 6890).
typedef enum {
    /// No peer's: unspecified, link-local (where clouds keep their metadata), multicast, reserved.
    CCURL_NOWHERE,
    /// 127.0.0.0/8, ::1, a Unix domain socket.
    CCURL_THIS_MACHINE,
    /// RFC 1918, RFC 4193, and what carriers share (RFC 6598).
    CCURL_PRIVATE,
    CCURL_PUBLIC
} ccurl_place;

static inline ccurl_place ccurl_place_of_v4(uint32_t number) {
    if (number >> 24 == 127) return CCURL_THIS_MACHINE;
    if (number >> 24 == 0 || number >> 16 == 0xA9FE || number >> 28 >= 0xE) return CCURL_NOWHERE;
    if (number >> 24 == 10 || number >> 20 == 0xAC1 || number >> 16 == 0xC0A8 || number >> 22 == 0x191)
        return CCURL_PRIVATE;
    return CCURL_PUBLIC;
}

static inline ccurl_place ccurl_place_of_v4_at(const uint8_t *octets) {
    return ccurl_place_of_v4(
        (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3]);
}

/// Where libcurl is about to connect; an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is looked at itself.
static inline ccurl_place ccurl_place_of(const struct curl_sockaddr *address) {
    if (address->family == AF_UNIX) return CCURL_THIS_MACHINE;
    if (address->family == AF_INET)
        return ccurl_place_of_v4(ntohl(((const struct sockaddr_in *)&address->addr)->sin_addr.s_addr));
    if (address->family != AF_INET6) return CCURL_NOWHERE;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)&address->addr)->sin6_addr;
    const uint8_t *octets = v6->s6_addr;
    static const uint8_t nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    if (IN6_IS_ADDR_LOOPBACK(v6)) return CCURL_THIS_MACHINE;
    if (IN6_IS_ADDR_V4MAPPED(v6) || memcmp(octets, nat64, sizeof nat64) == 0)
        return ccurl_place_of_v4_at(octets + 12);
    if (octets[0] == 0x20 && octets[1] == 0x02) return ccurl_place_of_v4_at(octets + 2);
    // Teredo (RFC 4380) hides two of them, and nobody keeps a relay for it any more.
    if (memcmp(octets, "\x20\x01\x00\x00", 4) == 0) return CCURL_NOWHERE;
    // A NAT64 of one's own (RFC 8215): where in the address the other one stands, only its owner knows.
    if (memcmp(octets, "\x00\x64\xFF\x9B\x00\x01", 6) == 0) return CCURL_PRIVATE;
    if (IN6_IS_ADDR_UNSPECIFIED(v6) || IN6_IS_ADDR_V4COMPAT(v6) || IN6_IS_ADDR_LINKLOCAL(v6)
        || IN6_IS_ADDR_MULTICAST(v6))
        return CCURL_NOWHERE;
    if ((octets[0] & 0xFE) == 0xFC || IN6_IS_ADDR_SITELOCAL(v6)) return CCURL_PRIVATE;
    return CCURL_PUBLIC;
}
