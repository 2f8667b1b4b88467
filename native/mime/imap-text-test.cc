// I06: every octet in both kinds of string, and attempts to break out.
#include "mime/imap-text.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

std::string string_of(std::string_view text) {
  std::string out;
  append_imap_string(out, text);
  return out;
}

std::string phrase_of(std::string_view text) {
  std::string out;
  append_imap_phrase(out, text);
  return out;
}

TEST("I06: quotes and backslashes are escaped, CR, LF, 8-bit and NUL go into literals") {
  CHECK_EQ(string_of(""), "\"\"");
  CHECK_EQ(string_of("a b"), "\"a b\"");
  CHECK_EQ(string_of("he\"llo\\"), "\"he\\\"llo\\\\\"");
  CHECK_EQ(string_of("x\" NIL \"y"), "\"x\\\" NIL \\\"y\"");
  CHECK_EQ(string_of("a\r\nb"), "{4}\r\na\r\nb");
  CHECK_EQ(string_of("\xd0\xbf"), "{2}\r\n\xd0\xbf");
  CHECK_EQ(string_of(std::string_view("a\0\"b", 4)), "{6}\r\na\xef\xbf\xbd\"b");
  for (unsigned octet = 1; octet < 256; ++octet) {
    const std::string text = string_of(std::string(1, static_cast<char>(octet)));
    if (octet == '\r' || octet == '\n' || octet >= 0x80) {
      CHECK_EQ(text.substr(0, 5), "{1}\r\n");
    } else {
      CHECK_EQ(text.size(), octet == '"' || octet == '\\' ? 4u : 3u);
    }
  }
}

TEST("imap text: phrases have single spaces and no ends of white space") {
  CHECK_EQ(phrase_of("  a  b\t c\r\n d "), "\"a b c d\"");
  CHECK_EQ(phrase_of(" \t "), "\"\"");
  CHECK_EQ(phrase_of("a\rb"), "\"a b\"");
  CHECK_EQ(phrase_of(" \xd0\xbf \"x"), "{5}\r\n\xd0\xbf \"x");
}

}  // namespace
}  // namespace tegu::mime
