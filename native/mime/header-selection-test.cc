// HEADER.FIELDS: octets unchanged, order kept, empty line always.
#include "mime/header-selection.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

constexpr std::string_view k_header =
    "From x y\r\nSubject: a\r\n b\r\nno colon\r\n cont\r\nX-Y : q\r\nTo: z\r\nSUBJECT: c\r\n\r\nbody: x\r\n";

std::string select(std::string_view header, const std::vector<std::string>& names, bool is_not = false) {
  return select_header_fields(bytes::as_bytes(header), names, is_not);
}

TEST("header fields: selection by name in any case, and its complement (RFC 9051 6.4.5.1)") {
  CHECK_EQ(select(k_header, {"subject", "X-y"}), "Subject: a\r\n b\r\nX-Y : q\r\nSUBJECT: c\r\n\r\n");
  CHECK_EQ(select(k_header, {"subject"}, true), "From x y\r\nno colon\r\n cont\r\nX-Y : q\r\nTo: z\r\n\r\n");
  CHECK_EQ(select(k_header, {"no colon", "body"}), "\r\n");
  CHECK_EQ(select(k_header, {""}), "\r\n");
  CHECK_EQ(select("", {"a"}), "\r\n");
  CHECK_EQ(select("A: 1", {"a"}), "A: 1\r\n\r\n");
}

TEST("header values: all of a name, unfolded, decoded, trimmed") {
  const std::string_view header =
      "Subject:  =?utf-8?Q?=D0=BF?= \r\n\tx \r\nSubject: \xef\xf0\r\nContent-Type: text/plain; "
      "charset=windows-1251\r\n\r\n";
  const std::vector<std::string> values = header_values(bytes::as_bytes(header), "SUBJECT");
  REQUIRE(values.size() == 2);
  CHECK_EQ(values[0], "\xd0\xbf \tx");
  CHECK_EQ(values[1], "\xd0\xbf\xd1\x80");
  CHECK(header_values(bytes::as_bytes(header), "To").empty());
  CHECK(header_values(bytes::as_bytes("no colon\r\n"), "").empty());
}

TEST("header parameter: decoded, raw octets in the part's charset (E03)") {
  const std::string_view header =
      "Content-Type: text/plain; charset=koi8-r; name=\"\xd0\xd2\"\r\n"
      "Content-Disposition: attachment; filename*=utf-8''%D0%BF\r\nContent-Disposition: x; "
      "filename=no\r\n\r\n";
  std::string text;
  CHECK(header_parameter(bytes::as_bytes(header), "content-disposition", "filename", text));
  CHECK_EQ(text, "\xd0\xbf");
  text.clear();
  CHECK(header_parameter(bytes::as_bytes(header), "Content-Type", "name", text));
  CHECK_EQ(text, "\xd0\xbf\xd1\x80");
  CHECK(!header_parameter(bytes::as_bytes(header), "Content-Type", "filename", text));
  CHECK(!header_parameter(bytes::as_bytes(header), "X", "name", text));
}

}  // namespace
}  // namespace tegu::mime
