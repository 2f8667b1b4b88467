// Dates of RFC 5322 3.3 and 4.3, bounds of each number, and damage.
#include "mime/date-time.h"

#include <string_view>

#include "test/check.h"

namespace tegu::mime {
namespace {

struct Sample {
  std::string_view value;
  std::int64_t unix_seconds;
  std::int32_t zone_minutes;
};

TEST("date: forms of RFC 5322, current and obsolete") {
  constexpr Sample k_samples[] = {
      {"Thu, 01 Jan 1970 00:00:00 +0000", 0, 0},
      {" Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360},
      {"21 Nov 1997 09:55:06 -0600", 880127706, -360},
      {"Fri, 21 Nov 1997 09:55 -0600", 880127700, -360},
      {"Fri,\r\n 21 Nov (c) 1997\r\n\t09 : 55 : 06 (d) -0600 (CST)", 880127706, -360},
      {"21 Nov 97 09:55:06 GMT", 880106106, 0},
      {"21 Nov 49 00:00:00 UT", 2521065600, 0},
      {"21 Nov 050 00:00:00 +0000", -603158400, 0},
      {"Fri, 21 Nov 1997 09:55:06 EST", 880124106, -300},
      {"Fri, 21 Nov 1997 09:55:06 pdt", 880131306, -420},
      {"Fri, 21 Nov 1997 09:55:06 Z", 880106106, 0},
      {"Fri, 21 Nov 1997 09:55:06", 880106106, 0},
      {"Fri, 21 Nov 1997 09:55:06 +0530", 880086306, 330},
      {"Sat, 29 Feb 2020 23:59:60 +0300", 1583010000, 180},
      {"Fri 21 November 1997 9:55:6 -0600", 880127706, -360},
      {"Fri, 21-Nov-1997 09.55.06 -0600", 880127706, -360},
      {"Wed, 25 Nov 9999 00:00:00 +0000", 253399104000, 0},
      {"1 Jan 1900 00:00 +0000", -2208988800, 0},
      {"Fri, 21 Nov 1997 09:55:06 +9999", 880106106, 0},
  };
  for (const Sample& sample : k_samples) {
    DateTime date;
    CHECK(parse_date(bytes::as_bytes(sample.value), date) == DateStatus::ok);
    CHECK_EQ(date.unix_ms, sample.unix_seconds * 1000);
    CHECK_EQ(date.zone_minutes, sample.zone_minutes);
  }
}

TEST("date: what is no date leaves the result alone") {
  for (const std::string_view value : {"",
                                       " ",
                                       "Fri",
                                       "Fri, 21",
                                       "Fri, 21 Nov",
                                       "Fri, 21 Nov 1997",
                                       "21 Foo 1997 09:55 +0000",
                                       "31 Feb 2020 00:00 +0000",
                                       "29 Feb 2021 00:00 +0000",
                                       "29 Feb 1900 00:00 +0000",
                                       "0 Jan 2020 00:00 +0000",
                                       "1 Jan 2020 24:00 +0000",
                                       "1 Jan 2020 00:60 +0000",
                                       "1 Jan 2020 00:00:61 +0000",
                                       "1 Jan 1899 00:00 +0000",
                                       "1 Jan 20200 00:00 +0000",
                                       "1 Jan 2020 0000 +0000",
                                       "2020-01-01T00:00:00Z",
                                       "Mon, Tue, 1 Jan 2020 00:00 +0000",
                                       "111 Jan 2020 00:00 +0000",
                                       "99999999999999999999 Jan 2020 00:00 +0000"}) {
    DateTime date{42, 43};
    CHECK(parse_date(bytes::as_bytes(value), date) == DateStatus::malformed);
    CHECK_EQ(date.unix_ms, 42);
    CHECK_EQ(date.zone_minutes, 43);
  }
}

}  // namespace
}  // namespace tegu::mime
