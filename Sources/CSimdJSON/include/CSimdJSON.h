#pragma once

#include <stddef.h>
#include <stdint.h>

// The first stage of simdjson behind plain C: the vectorised scan that proves a text to be UTF-8 and finds where
// each token of a JSON document begins. What the tokens mean is for the caller to say: simdjson's own second
// stage knows neither the line of an error nor duplicate keys, and gives up a whole document for one bad string.

#ifdef __cplusplus
extern "C" {
#endif

/// Where the tokens of the last scanned text begin; owned by one thread at a time.
typedef struct csimdjson_scanner csimdjson_scanner;

typedef enum {
    CSIMDJSON_SCANNED = 0,
    /// Not UTF-8, a control character in a string, an unclosed string, or no token at all: the caller looks
    /// for the place, since simdjson does not tell it.
    CSIMDJSON_DAMAGED = 1,
    /// No memory for the index, or a text beyond 4 GiB.
    CSIMDJSON_NO_MEMORY = 2,
} csimdjson_verdict;

/// A scanner without memory yet; NULL when there is none to be had.
csimdjson_scanner *csimdjson_scanner_create(void);

void csimdjson_scanner_destroy(csimdjson_scanner *scanner);

/// Finds the first byte of every token: brackets, braces, colons, commas, opening quotes, and first bytes of
/// numbers and words. `*starts` stays valid until the next call. No byte past `length` is read.
csimdjson_verdict csimdjson_scan(
    csimdjson_scanner *scanner, const uint8_t *bytes, size_t length, const uint32_t **starts, size_t *count);

#ifdef __cplusplus
}
#endif
