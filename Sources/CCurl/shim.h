// Typed doors to libcurl's variadic functions, which Swift cannot call. The parentheses round a function's name
// keep libcurl's type-checking macros out of the way.
#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

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

/// Whether libcurl is about to connect to this very machine (127.0.0.0/8, ::1 or a Unix domain socket).
static inline int ccurl_is_loopback(const struct curl_sockaddr *address) {
    if (address->family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->addr;
        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    }
    if (address->family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->addr;
        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    return address->family == AF_UNIX;
}

/* RFC 1918 and RFC 4193, and this machine. */
static inline int ccurl_is_private(const struct curl_sockaddr *address) {
    if (ccurl_is_loopback(address)) return 1;
    if (address->family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->addr;
        uint32_t number = ntohl(v4->sin_addr.s_addr);
        return number >> 24 == 10 || number >> 20 == 0xAC1 || number >> 16 == 0xC0A8;
    }
    if (address->family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->addr;
        return (v6->sin6_addr.s6_addr[0] & 0xFE) == 0xFC;
    }
    return 0;
}
