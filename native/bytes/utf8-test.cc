// All code points, all pairs of octets, and the classic malformed sequences.
#include "bytes/utf8.h"

#include "test/check.h"

namespace tegu::bytes {
namespace {

std::string encoded(char32_t code) {
  std::string out;
  append_utf8(out, code);
  return out;
}

std::string repaired(std::string_view text) {
  std::string out;
  append_repaired_utf8(out, as_bytes(text));
  return out;
}

TEST("utf8: every code point is encoded and decoded to itself, every cut of it is incomplete") {
  bool same = true;
  for (char32_t code = 0; code <= 0x10ffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const std::string text = encoded(code);
    const Utf8Step step = utf8_first(as_bytes(text));
    same &= step.status == Utf8Status::ok && step.length == text.size() && step.code_point == code;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const Utf8Step part = utf8_first(as_bytes(text).first(cut));
      same &= part.status == Utf8Status::incomplete && part.length == cut;
    }
  }
  CHECK(same);
  CHECK_EQ(encoded(0xd800), "\xef\xbf\xbd");
  CHECK_EQ(encoded(0x110000), "\xef\xbf\xbd");
}

TEST("utf8: malformed sequences") {
  struct Malformed {
    std::string_view text;
    std::string_view repaired;
  };
  constexpr Malformed k_malformed[] = {
      {"\x80", "\xef\xbf\xbd"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xf5", "\xef\xbf\xbd"},
      // A sequence that breaks off is one error, and what follows is kept.
      {"\xe2\x82z", "\xef\xbf\xbdz"},
      {"a\xf0\x9f\x98", "a\xef\xbf\xbd"},
      {"\xd0\xd0\xbf", "\xef\xbf\xbd\xd0\xbf"},
  };
  for (const Malformed& each : k_malformed) {
    CHECK(!is_valid_utf8(as_bytes(each.text)));
    CHECK_EQ(repaired(each.text), each.repaired);
  }
}

TEST("utf8: validation looks behind long plain text") {
  const std::string plain(100, 'a');
  CHECK(is_valid_utf8(as_bytes("")));
  CHECK(is_valid_utf8(as_bytes(plain + "\xd0\xbf" + plain)));
  CHECK(!is_valid_utf8(as_bytes(plain + "\xd0" + plain)));
  CHECK(!is_valid_utf8(as_bytes(plain + "\xd0")));
  CHECK_EQ(repaired(plain + "\xd0\xbf\xff" + plain), plain + "\xd0\xbf\xef\xbf\xbd" + plain);
}

}  // namespace
}  // namespace tegu::bytes
