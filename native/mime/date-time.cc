// Implementation of date-time.h.
#include "mime/date-time.h"

#include <array>
#include <string_view>

#include "bytes/ascii.h"
#include "mime/field-cursor.h"

namespace tegu::mime {

using bytes::equals_ignore_case;
using bytes::is_class;
using bytes::k_alpha;
using bytes::k_digit;

namespace {

constexpr std::array<std::string_view, 12> k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct NamedZone {
  std::string_view name;
  std::int32_t minutes;
};

// RFC 5322 4.3: the zones of RFC 822; military letters and everything else count as +0000.
constexpr NamedZone k_zones[] = {{"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
                                 {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}};

/** A number of at most `max_digits` digits, -1 when the cursor is not at one or it is longer. */
int take_number(FieldCursor& cursor, std::size_t min_digits, std::size_t max_digits) noexcept {
  const std::string_view digits = cursor.take_run(k_digit);
  cursor.skip_cfws();
  if (digits.size() < min_digits || digits.size() > max_digits) return -1;
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

int take_month(FieldCursor& cursor) noexcept {
  const std::string_view word = cursor.take_run(k_alpha);
  cursor.skip_cfws();
  for (std::size_t i = 0; i < k_months.size(); ++i) {
    // Full month names begin with the short ones.
    if (word.size() >= 3 && equals_ignore_case(word.substr(0, 3), k_months[i]))
      return static_cast<int>(i) + 1;
  }
  return -1;
}

std::int32_t take_zone(FieldCursor& cursor) noexcept {
  const bool is_west = cursor.is_at('-');
  if (cursor.is_at('+') || is_west) {
    cursor.step();
    const int number = take_number(cursor, 4, 4);
    if (number < 0 || number % 100 > 59) return 0;
    const std::int32_t minutes = number / 100 * 60 + number % 100;
    return is_west ? -minutes : minutes;
  }
  const std::string_view name = cursor.take_run(k_alpha);
  for (const NamedZone& zone : k_zones) {
    if (equals_ignore_case(name, zone.name)) return zone.minutes;
  }
  return 0;
}

bool is_leap(int year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_in_month(int year, int month) noexcept {
  constexpr std::array<int, 12> k_days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : k_days[static_cast<std::size_t>(month - 1)];
}

/** Days from 1970-01-01 to a date of the Gregorian calendar, by counting in eras of 400 years that begin in
 * March. */
std::int64_t days_from_epoch(int year, int month, int day) noexcept {
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = shifted / 400;
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace

DateStatus parse_date(bytes::Bytes value, DateTime& date) noexcept {
  FieldCursor cursor(value);
  cursor.skip_cfws();
  if (!cursor.take_run(k_alpha).empty()) {
    // RFC 5322 3.3: the day name ends with a comma, which some mailers forget.
    cursor.skip_cfws();
    cursor.take('.');
    cursor.take(',');
    cursor.skip_cfws();
  }
  const int day = take_number(cursor, 1, 2);
  cursor.take('-');
  const int month = take_month(cursor);
  cursor.take('-');
  const std::string_view year_digits = cursor.take_run(k_digit);
  cursor.skip_cfws();
  if (year_digits.size() < 2 || year_digits.size() > 4) return DateStatus::malformed;
  int year = 0;
  for (const char digit : year_digits) year = year * 10 + (digit - '0');
  // RFC 5322 4.3: two digits below 50 are 2000 to 2049, other years of two and three digits count from 1900.
  if (year_digits.size() == 2 && year < 50) {
    year += 2000;
  } else if (year_digits.size() < 4) {
    year += 1900;
  }
  const int hour = take_number(cursor, 1, 2);
  if (!cursor.take(':') && !cursor.take('.')) return DateStatus::malformed;
  cursor.skip_cfws();
  const int minute = take_number(cursor, 1, 2);
  int second = 0;
  if (cursor.take(':') || cursor.take('.')) {
    cursor.skip_cfws();
    second = take_number(cursor, 1, 2);
  }
  if (month < 0 || year < 1900 || day < 1 || day > days_in_month(year, month)) return DateStatus::malformed;
  // 60 is a leap second.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return DateStatus::malformed;
  const std::int32_t zone = take_zone(cursor);
  const std::int64_t minutes = (days_from_epoch(year, month, day) * 24 + hour) * 60 + minute - zone;
  date.unix_ms = (minutes * 60 + second) * 1000;
  date.zone_minutes = zone;
  return DateStatus::ok;
}

}  // namespace tegu::mime
