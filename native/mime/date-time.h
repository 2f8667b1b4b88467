// The Date field (RFC 5322 3.3, obsolete forms of 4.3).
#pragma once

#include <cstdint>

#include "bytes/view.h"

namespace tegu::mime {

enum class DateStatus : std::uint8_t { ok, malformed };

struct DateTime {
  /** Milliseconds since 1970-01-01T00:00Z. */
  std::int64_t unix_ms = 0;
  /** Zone offset east of UTC; 0 when the zone is missing or unknown. */
  std::int32_t zone_minutes = 0;
};

/**
 * Reads `[day-name ","] day month year hour ":" minute [":" second] [zone]` with comments and folds anywhere.
 * Years of two and three digits and alphabetic zones are read as RFC 5322 4.3 says. Malformed: a word in the
 * wrong place or a number out of range; `date` is then untouched.
 */
[[nodiscard]] DateStatus parse_date(bytes::Bytes value, DateTime& date) noexcept;

}  // namespace tegu::mime
