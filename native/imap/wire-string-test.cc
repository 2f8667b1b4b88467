// Tests of wire-string.h: what may be quoted is quoted, everything else is a literal of the same octets.
#include "imap/wire-string.h"

#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "imap/tokenizer.h"
#include "test/check.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::as_bytes;
using namespace std::string_literals;

std::string write(std::string_view text, bool allow_eight_bit = false) {
  const StringPlan plan = plan_string(as_bytes(text), allow_eight_bit);
  std::string out(plan.size, '?');
  CHECK(write_string(out.data(), as_bytes(text), plan) == out.data() + out.size());
  return out;
}

TEST("I06: quotes and backslashes are escaped, CR, LF, NUL and 8-bit text become a literal") {
  CHECK_EQ(write(""), "\"\"");
  CHECK_EQ(write("he\"llo\\"), R"("he\"llo\\")");
  CHECK_EQ(write("x\" NIL \"y"), R"("x\" NIL \"y")");
  CHECK_EQ(write("a\r\n* BYE"), "{8}\r\na\r\n* BYE");
  CHECK_EQ(write("a\rb"), "{3}\r\na\rb");
  CHECK_EQ(write("a\nb"), "{3}\r\na\nb");
  CHECK_EQ(write("a\0b"s), "{3}\r\na\0b"s);
  CHECK_EQ(write("\xd0\xbf"), "{2}\r\n\xd0\xbf");
  CHECK_EQ(write("\xd0\xbf", true), "\"\xd0\xbf\"");
  CHECK_EQ(write("\xd0\n", true), "{2}\r\n\xd0\n");
}

TEST("string: the longest quoted text, and one octet more as a literal") {
  const std::string longest(k_max_quoted_octets, '"');
  CHECK_EQ(write(longest).size(), 2 * longest.size() + 2);
  const std::string longer = longest + "x";
  CHECK_EQ(write(longer), "{513}\r\n" + longer);
}

TEST("string: a quoted string reads back as one token with the same text, for every octet") {
  for (unsigned first = 0; first < 256; ++first) {
    for (const unsigned second : {0x22u, 0x5cu, 0x41u, 0xffu}) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const std::string wire = write(text, true);
      if (wire[0] == '{') {
        CHECK_EQ(wire, "{2}\r\n" + text);
        continue;
      }
      Token token[2];
      const Fragment fragment = tokenize(as_bytes(wire), FragmentStart::token, token);
      REQUIRE(fragment.error == TokenError::none && fragment.count == 1);
      std::string read;
      for (auto i = static_cast<std::size_t>(token[0].start); i < static_cast<std::size_t>(token[0].end);
           ++i) {
        if (wire[i] == '\\') ++i;
        read += wire[i];
      }
      CHECK_EQ(read, text);
    }
  }
}

}  // namespace
