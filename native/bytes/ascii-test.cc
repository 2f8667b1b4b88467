// All 256 octets against the character lists of the RFCs.
#include "bytes/ascii.h"

#include "test/check.h"

namespace tegu::bytes {
namespace {

bool holds_exactly(unsigned classes, std::string_view octets) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const bool listed = octets.find(static_cast<char>(octet)) != std::string_view::npos;
    if (is_class(static_cast<std::uint8_t>(octet), classes) != listed) return false;
  }
  return true;
}

TEST("ascii: classes hold exactly the octets that the RFCs list") {
  CHECK(holds_exactly(k_wsp, " \t"));
  CHECK(holds_exactly(k_line_end, "\r\n"));
  CHECK(holds_exactly(k_digit, "0123456789"));
  CHECK(holds_exactly(k_hex, "0123456789abcdefABCDEF"));
  // RFC 5322 3.2.3
  CHECK(holds_exactly(k_atext,
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"));
  // RFC 2045 5.1: any CHAR but SPACE, CTLs and tspecials
  for (unsigned octet = 0; octet < 256; ++octet) {
    const bool special =
        std::string_view("()<>@,;:\\\"/[]?=").find(static_cast<char>(octet)) != std::string_view::npos;
    const bool token = octet > 0x20 && octet < 0x7f && !special;
    CHECK_EQ(is_class(static_cast<std::uint8_t>(octet), k_token), token);
    CHECK_EQ(is_class(static_cast<std::uint8_t>(octet), k_eight_bit), octet >= 0x80);
  }
}

TEST("ascii: hexadecimal digits in either case") {
  CHECK_EQ(hex_value('0'), 0);
  CHECK_EQ(hex_value('9'), 9);
  CHECK_EQ(hex_value('a'), 10);
  CHECK_EQ(hex_value('F'), 15);
  CHECK_EQ(hex_value('g'), -1);
  CHECK_EQ(hex_value(0xff), -1);
}

TEST("ascii: comparison ignores the case of A-Z only") {
  CHECK(equals_ignore_case("Content-TYPE", "content-type"));
  CHECK(!equals_ignore_case("content-type", "content-typ"));
  // '@' and '`', '[' and '{' differ by the case bit and are not letters.
  CHECK(!equals_ignore_case("@[", "`{"));
  CHECK(!equals_ignore_case("\xc4", "\xe4"));
  CHECK(starts_with_ignore_case("Content-Type", "CONTENT-"));
  CHECK(!starts_with_ignore_case("Cont", "content-"));
}

}  // namespace
}  // namespace tegu::bytes
