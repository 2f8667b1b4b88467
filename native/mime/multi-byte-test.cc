// The rules that hold whatever the C library's converters do, for every pair of octets.
#include "mime/multi-byte.h"

#include "bytes/utf8.h"
#include "test/check.h"

namespace tegu::mime {
namespace {

TEST(
    "multi-byte: every pair of octets decodes to the same text at once and in pieces, followed by what "
    "follows") {
  for (const char* const name : {"GB18030", "CP950", "EUC-JP-MS", "CP932", "UHC"}) {
    MultiByteDecoder decoder(name);
    REQUIRE(decoder.is_open());
    bool same = true;
    for (unsigned pair = 0; pair < 0x10000; pair += pair % 0x100 == 0xff ? 7 * 0x100 + 1 : 1) {
      const std::string text = {
          static_cast<char>(pair >> 8), static_cast<char>(pair & 0xff), 'a', 'b', '\n', 'c'};
      std::string whole;
      same &= decoder.decode(bytes::as_bytes(text), whole) == text.size();
      same &= whole.ends_with("b\nc") && bytes::is_valid_utf8(bytes::as_bytes(whole));
      std::string pieces;
      const std::size_t used = decoder.decode(bytes::as_bytes(text).first(1), pieces);
      decoder.decode(bytes::as_bytes(text).subspan(used), pieces);
      same &= pieces == whole;
    }
    CHECK(same);
  }
}

TEST("multi-byte: long text with an error in the middle") {
  MultiByteDecoder decoder("UHC");
  std::string text;
  std::string expected;
  for (int i = 0; i < 700; ++i) {
    text += "\xba\xd0";
    expected += "\xeb\xb6\x84";
    if (i == 350) text += "\xff";
    if (i == 350) expected += "\xef\xbf\xbd";
  }
  std::string decoded;
  CHECK_EQ(decoder.decode(bytes::as_bytes(text), decoded), text.size());
  CHECK(decoded == expected);
}

TEST("multi-byte: a charset that the C library lacks is not open") {
  CHECK(!MultiByteDecoder("no such charset").is_open());
  CHECK(!MultiByteDecoder(nullptr).is_open());
}

TEST("iso-2022-jp: rewritten to EUC-JP") {
  const auto rewrite = [](std::string_view text) {
    Iso2022JpReader reader;
    std::string euc;
    reader.feed(bytes::as_bytes(text), euc);
    reader.finish(euc);
    return euc;
  };
  CHECK_EQ(rewrite("a\x1b$B%F%9\x1b(Bb"),
           "a\xa5\xc6\xa5\xb9"
           "b");
  CHECK_EQ(rewrite("\x1b$@%F\x1b(J\\"), "\xa5\xc6\\");
  CHECK_EQ(rewrite("\x1b(I1"), "\x8e\xb1");
  CHECK_EQ(rewrite("\x1b$(D0!"), "\x8f\xb0\xa1");
  CHECK_EQ(rewrite("\x1b$B%F\r\nx"), "\xa5\xc6\r\nx");
  CHECK_EQ(rewrite("\x1b\x1b$"), "\x1b\x1b$");
  CHECK_EQ(rewrite("\x1b$B%\x1b(Ba"),
           "%"
           "a");
}

}  // namespace
}  // namespace tegu::mime
