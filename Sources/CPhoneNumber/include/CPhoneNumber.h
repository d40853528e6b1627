#pragma once

#include <stddef.h>

// libphonenumber behind plain C: the numbering plans of the world, and what the French plan says across its overseas
// codes. Texts are UTF-8 with their length, need no NUL, and results get none. Every call may come from any thread,
// and none throws: without memory the process ends, as it does in Swift.

#ifdef __cplusplus
#define CPHONENUMBER_NOEXCEPT noexcept
extern "C" {
#else
#define CPHONENUMBER_NOEXCEPT
#endif

typedef enum {
    CPHONENUMBER_MOBILE = 0,
    CPHONENUMBER_LANDLINE = 1,
    /// The plan gives both kinds the same numbers, as in North America.
    CPHONENUMBER_EITHER = 2,
    /// Special rates, pagers, and numbers of the right form in a block the plan has not handed out.
    CPHONENUMBER_OTHER = 3,
} cphonenumber_line;

enum {
    /// A plus and at most fifteen digits (ITU-T E.164).
    CPHONENUMBER_E164_CAPACITY = 16,
    CPHONENUMBER_REGION_CAPACITY = 3,
    CPHONENUMBER_FORMATTED_CAPACITY = 40,
};

/// Reads digits with an optional leading plus, as they are dialled in `region` (ISO 3166, NUL at its end).
///
/// Writes the E.164 form and returns its length; 0 when no plan has a number of this form.
size_t cphonenumber_read(
    const char *digits, size_t length, const char *region, char *e164, cphonenumber_line *line) CPHONENUMBER_NOEXCEPT;

/// Groups a number `cphonenumber_read` wrote: as it is dialled in France where the French ten-digit plan holds,
/// else internationally. Returns the length.
size_t cphonenumber_format(const char *e164, size_t length, char *formatted) CPHONENUMBER_NOEXCEPT;

/// The region such a number belongs to: two letters, or "001" for numbers of no country. Returns the length.
size_t cphonenumber_region(const char *e164, size_t length, char *region) CPHONENUMBER_NOEXCEPT;

/// The country's code of such a number: 33, 262, 44.
int cphonenumber_calling_code(const char *e164, size_t length) CPHONENUMBER_NOEXCEPT;

#ifdef __cplusplus
}
#endif
