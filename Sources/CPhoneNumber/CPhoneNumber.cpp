#include "CPhoneNumber.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>

#include <string>

// libphonenumber knows each calling code as a plan of its own. In France one plan of ten digits covers the mainland
// and the overseas departments: 06 12 … and 0692 … are dialled alike from Fécamp and from Saint-Denis, while their
// E.164 forms begin with +33 and +262. So a number written in ten digits is given its calling code here; the library
// says whether that number exists. Everything else is the library's.

using i18n::phonenumbers::NullLogger;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

constexpr int mainland = 33;
constexpr int saint_pierre = 508;

/// The one instance, loaded on first use; without a logger, since its own writes to standard output.
const PhoneNumberUtil &library() {
    static const PhoneNumberUtil &instance = [] () -> const PhoneNumberUtil & {
        PhoneNumberUtil &shared = *PhoneNumberUtil::GetInstance();
        shared.SetLogger(new NullLogger);
        return shared;
    }();
    return instance;
}

/// Whether these are dialled at home in ten digits; Saint-Pierre-et-Miquelon is reached so and dials six itself.
bool in_ten_digit_plan(int calling_code) {
    switch (calling_code) {
    case mainland: case 262: case 590: case 594: case 596: return true;
    default: return false;
    }
}

/// The calling code of ten-digit numbers by their first digits behind the 0 (ARCEP, décision 2018-0881).
int french_calling_code(int beginning) {
    switch (beginning) {
    case 262: case 263: case 269: case 639: case 692: case 693: return 262;
    case 590: case 690: case 691: return 590;
    case 594: case 694: return 594;
    case 596: case 696: case 697: return 596;
    case 508: return saint_pierre;
    default: return mainland;
    }
}

PhoneNumber number(int calling_code, uint64_t national) {
    PhoneNumber number;
    number.set_country_code(calling_code);
    number.set_national_number(national);
    return number;
}

/// Blocks that regulators keep for fiction are missing from the library. They count as the mobiles they stand for,
/// so that demonstrations and tests take the way of real numbers; a gateway refuses them.
bool is_fictional_mobile(const PhoneNumber &number) {
    if (number.italian_leading_zero()) { return false; }
    switch (number.country_code()) {
    case 33: return number.national_number() / 10'000 == 63'998;  // 06 39 98 xx xx (ARCEP, décision 2018-0881)
    case 44: return number.national_number() / 1'000 == 7'700'900;  // 07700 900xxx (Ofcom)
    default: return false;
    }
}

/// Whether the plan has handed out the block of this number, and to which lines.
bool is_assigned(const PhoneNumber &number, cphonenumber_line *line) {
    if (is_fictional_mobile(number)) { *line = CPHONENUMBER_MOBILE; return true; }
    switch (library().GetNumberType(number)) {
    case PhoneNumberUtil::MOBILE: *line = CPHONENUMBER_MOBILE; return true;
    case PhoneNumberUtil::FIXED_LINE: case PhoneNumberUtil::VOIP: *line = CPHONENUMBER_LANDLINE; return true;
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE: *line = CPHONENUMBER_EITHER; return true;
    case PhoneNumberUtil::UNKNOWN: *line = CPHONENUMBER_OTHER; return false;
    default: *line = CPHONENUMBER_OTHER; return true;
    }
}

/// Whether the text is `from` characters and then `count` digits that do not begin with 0.
bool has_digits(const std::string &text, size_t from, size_t count) {
    if (text.size() != from + count || text[from] == '0') { return false; }
    return text.find_first_not_of("0123456789", from) == std::string::npos;
}

/// The number behind the 0 of the French plan: overseas by its first digits, else the region's own, else the mainland's.
PhoneNumber french_number(uint64_t national, int region_code) {
    const PhoneNumber at_mainland = number(mainland, national);
    if (is_fictional_mobile(at_mainland)) { return at_mainland; }  // It lies among the mobiles of Mayotte.
    const int code = french_calling_code(static_cast<int>(national / 1'000'000));
    if (code == saint_pierre) { return number(code, national % 1'000'000); }
    if (code != mainland) { return number(code, national); }
    const PhoneNumber own = number(region_code, national);
    cphonenumber_line line;
    return region_code != mainland && is_assigned(own, &line) ? own : at_mainland;
}

bool read(const std::string &text, const std::string &region, PhoneNumber *result, cphonenumber_line *line) {
    const bool is_ten_digits = has_digits(text, 1, 9) && text[0] == '0';
    const bool lost_its_zero = has_digits(text, 0, 9);
    const int region_code = is_ten_digits || lost_its_zero ? library().GetCountryCodeForRegion(region) : 0;
    if (in_ten_digit_plan(region_code)) {
        *result = french_number(std::stoull(text), region_code);
    } else if (has_digits(text, 3, 9) && text.compare(0, 3, "+33") == 0) {
        // What Parse makes of it, without its 14 µs; the tests compare.
        *result = number(mainland, std::stoull(text.substr(3)));
    } else if (library().Parse(text, region, result) != PhoneNumberUtil::NO_PARSING_ERROR) {
        return false;
    }
    if (is_assigned(*result, line)) { return true; }
    // A zero at the beginning could not be taken for the national prefix: a digit is missing.
    return !result->italian_leading_zero()
        && library().IsPossibleNumberWithReason(*result) == PhoneNumberUtil::IS_POSSIBLE;
}

PhoneNumber reread(const char *e164, size_t length) {
    PhoneNumber number;
    cphonenumber_line line;
    read(std::string(e164, length), "ZZ", &number, &line);
    return number;
}

size_t write(const std::string &text, char *buffer, size_t capacity) {
    return text.size() <= capacity ? text.copy(buffer, capacity) : 0;
}

}  // namespace

size_t cphonenumber_read(
    const char *digits, size_t length, const char *region, char *e164, cphonenumber_line *line) CPHONENUMBER_NOEXCEPT {
    PhoneNumber number;
    if (!read(std::string(digits, length), region, &number, line)) { return 0; }
    std::string text;
    library().Format(number, PhoneNumberUtil::E164, &text);
    return write(text, e164, CPHONENUMBER_E164_CAPACITY);
}

size_t cphonenumber_format(const char *e164, size_t length, char *formatted) CPHONENUMBER_NOEXCEPT {
    const PhoneNumber number = reread(e164, length);
    const auto format =
        in_ten_digit_plan(number.country_code()) ? PhoneNumberUtil::NATIONAL : PhoneNumberUtil::INTERNATIONAL;
    std::string text;
    library().Format(number, format, &text);
    return write(text, formatted, CPHONENUMBER_FORMATTED_CAPACITY);
}

size_t cphonenumber_region(const char *e164, size_t length, char *region) CPHONENUMBER_NOEXCEPT {
    const PhoneNumber number = reread(e164, length);
    std::string code;
    library().GetRegionCodeForNumber(number, &code);
    // Several regions share the code and none has the block: the main one stands for them.
    if (code == "ZZ") { library().GetRegionCodeForCountryCode(number.country_code(), &code); }
    return write(code, region, CPHONENUMBER_REGION_CAPACITY);
}

int cphonenumber_calling_code(const char *e164, size_t length) CPHONENUMBER_NOEXCEPT {
    return reread(e164, length).country_code();
}
