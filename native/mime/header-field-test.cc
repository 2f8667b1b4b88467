// Field splitting: folds, obsolete forms, lines that are no fields, and unfolding.
#include "mime/header-field.h"

#include <vector>

#include "test/check.h"

namespace tegu::mime {
namespace {

/** "name=value|name=value" of a header, line ends inside values shown as they are. */
std::string fields(std::string_view header) {
  HeaderReader reader(bytes::as_bytes(header));
  HeaderField field;
  std::string out;
  while (reader.next(field)) {
    out.append(field.name).append("=").append(bytes::as_text(field.value)).append("|");
  }
  return out;
}

std::string unfolded(std::string_view value) {
  std::string out;
  append_unfolded(out, bytes::as_bytes(value));
  return out;
}

TEST("header fields: split at line ends, folds belong to their field, the empty line ends the header") {
  struct Sample {
    std::string_view header;
    std::string_view expected;
  };
  constexpr Sample k_samples[] = {
      {"", ""},
      {"\r\n", ""},
      {"\nSubject: x\n", ""},
      {"A: 1\r\nB:2\r\n\r\nC: 3\r\n", "A= 1|B=2|"},
      {"A: 1\nB: 2\n\nC: 3\n", "A= 1|B= 2|"},
      {"A: 1\r\n b\r\n\tc\r\nB: 2", "A= 1\r\n b\r\n\tc|B= 2|"},
      // RFC 5322 4.2: a fold of white space alone does not end the header.
      {"A: 1\r\n \r\n b\r\nB: 2\r\n", "A= 1\r\n \r\n b|B= 2|"},
      // RFC 5322 4.5: white space before the colon.
      {"A \t: 1\r\n", "A= 1|"},
      {"no colon\r\n more: x\r\nB: 2\r\n", "=no colon\r\n more: x|B= 2|"},
      {" A: 1\r\nB: 2\r\n", " A= 1|B= 2|"},
      {": x\r\nB: 2\r\n", "= x|B= 2|"},
      {"From a@b 10:20\r\nB: 2\r\n", "From a@b 10=20|B= 2|"},
      {"A: 1\rB: 2\r\n", "A= 1\rB: 2|"},
      {"A: 1\r", "A= 1|"},
      {"\rA: 1\r\n", "\rA= 1|"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(fields(sample.header), sample.expected);
}

TEST("header fields: ranges cover the header without gaps") {
  const std::string header = "A: 1\r\nno colon\n cont\nB:\r\n 2\r\n\r\nbody";
  HeaderReader reader(bytes::as_bytes(header));
  HeaderField field;
  std::size_t at = 0;
  while (reader.next(field)) {
    CHECK_EQ(field.start, at);
    at = field.end;
  }
  CHECK_EQ(at, header.find("\r\n\r\n") + 2);
}

TEST("header fields: unfolding takes line ends out and keeps the rest") {
  CHECK_EQ(unfolded(" a  b"), "a  b");
  CHECK_EQ(unfolded("\ta\tb "), "a\tb ");
  CHECK_EQ(unfolded(" a\r\n b\n\tc"), "a b\tc");
  CHECK_EQ(unfolded("\r\n <a@b>"), " <a@b>");
  CHECK_EQ(unfolded(" \r\n a"), " a");
  CHECK_EQ(unfolded(" a\rb"), "a b");
  CHECK_EQ(unfolded(std::string_view(" a\0b", 4)),
           "a\xef\xbf\xbd"
           "b");
  CHECK_EQ(unfolded(" "), "");
  CHECK_EQ(unfolded(""), "");
}

}  // namespace
}  // namespace tegu::mime
