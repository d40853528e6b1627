#include "CSimdJSON.h"

#include <simdjson.h>

#include <new>

// No exception may cross into C: allocation is asked for without throwing, and simdjson's calls below are noexcept.

struct csimdjson_scanner {
    simdjson::dom::parser parser;
};

csimdjson_scanner *csimdjson_scanner_create(void) { return new (std::nothrow) csimdjson_scanner; }

void csimdjson_scanner_destroy(csimdjson_scanner *scanner) { delete scanner; }

csimdjson_verdict csimdjson_scan(
    csimdjson_scanner *scanner, const uint8_t *bytes, size_t length, const uint32_t **starts, size_t *count) {
    *starts = nullptr;
    *count = 0;
    if (length == 0) { return CSIMDJSON_DAMAGED; }
    simdjson::dom::parser &parser = scanner->parser;
    // The index is kept between texts and only ever grows; depth 1 keeps the unused second stage small.
    if (parser.capacity() < length && parser.allocate(length, 1) != simdjson::SUCCESS) {
        return CSIMDJSON_NO_MEMORY;
    }
    const simdjson::error_code error =
        parser.implementation->stage1(bytes, length, simdjson::stage1_mode::regular);
    if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY) { return CSIMDJSON_NO_MEMORY; }
    if (error != simdjson::SUCCESS) { return CSIMDJSON_DAMAGED; }
    *starts = parser.implementation->structural_indexes.get();
    *count = parser.implementation->n_structural_indexes;
    return CSIMDJSON_SCANNED;
}
