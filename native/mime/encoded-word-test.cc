// RFC 2047 words: the examples of its section 8, neighbours, damage, wrong labels, raw octets.
#include "mime/encoded-word.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

std::string decode(std::string_view value, std::string_view charset = "") {
  std::string out;
  append_header_text(out, bytes::as_bytes(value), find_charset(charset));
  return out;
}

struct Sample {
  std::string_view value;
  std::string_view expected;
};

TEST("encoded words: examples of RFC 2047 8") {
  constexpr Sample k_samples[] = {
      {" =?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"},
      {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld J\xc3\xb8rn Simonsen"},
      {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
       "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
       "If you can read this you understand the example."},
      {"(=?ISO-8859-1?Q?a?=)", "(a)"},
      {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=\r\n   =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(decode(sample.value), sample.expected);
}

TEST("E02: octets of neighbours in one charset are joined before decoding") {
  CHECK_EQ(decode("=?utf-8?Q?=D0?= =?utf-8?Q?=BF?="), "\xd0\xbf");
  CHECK_EQ(decode("=?utf-8?Q?=D0?=\r\n\t=?UTF-8*ru?B?vw==?= x"), "\xd0\xbf x");
  // Another charset ends the run: half a character is none.
  CHECK_EQ(decode("=?utf-8?Q?a=D0?= =?koi8-r?Q?=BF?="), "a\xef\xbf\xbd\xc2\xa9");
  // So does text between.
  CHECK_EQ(decode("=?utf-8?Q?abcdefg=D0?= - =?utf-8?Q?=BFabcdefg?="),
           "abcdefg\xef\xbf\xbd - \xef\xbf\xbd"
           "abcdefg");
}

TEST("encoded words: habits of mailers") {
  constexpr Sample k_samples[] = {
      // Lower-case hexadecimal and encoding, language, missing padding, glued to text, in quotes, over 75
      // characters.
      {"=?utf-8?q?=d0=bf?=", "\xd0\xbf"},
      {"=?utf-8*ru?Q?=D0=BF?=", "\xd0\xbf"},
      {"=?utf-8?B?0L8?=", "\xd0\xbf"},
      {"Re:=?utf-8?Q?=D0=BF?=x", "Re:\xd0\xbfx"},
      {"\"=?utf-8?Q?=D0=BF?=\" <a@b>", "\"\xd0\xbf\" <a@b>"},
      {"=?utf-8?Q?a b?=", "a b"},
      {"=?utf-8?Q?what?\?=", "what?"},
      {"=?utf-8?Q?\?=", ""},
      {"=?iso-2022-jp?B?GyRCJUYbKEI=?= =?iso-2022-jp?B?GyRCJTkbKEI=?=", "\xe3\x83\x86\xe3\x82\xb9"},
      // Not words: unknown charset and encoding, no end, no parts.
      {"=?x-unknown?Q?=41?=", "=?x-unknown?Q?=41?="},
      {"=?utf-8?X?=41?=", "=?utf-8?X?=41?="},
      {"=?utf-8?Q?=41", "=?utf-8?Q?=41"},
      {"=?utf-8?=", "=?utf-8?="},
      {"=?", "=?"},
      {"=?=?utf-8?Q?a?=", "=?a"},
      {"a =? b ?= c", "a =? b ?= c"},
      {"=?utf-8?Q?=4?=", "=4"},
      // Controls cannot come out of a word.
      {"=?utf-8?Q?a=0D=0ABcc:=00?=", "a  Bcc:\xef\xbf\xbd"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(decode(sample.value), sample.expected);
}

TEST("encoded words: labels that the octets belie") {
  // "проверка" in windows-1251 and KOI8-R under US-ASCII and UTF-8; UTF-8 under Latin-1.
  const std::string_view expected = "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0";
  CHECK_EQ(decode("=?us-ascii?Q?=EF=F0=EE=E2=E5=F0=EA=E0?="), expected);
  CHECK_EQ(decode("=?utf-8?Q?=D0=D2=CF=D7=C5=D2=CB=C1?="), expected);
  CHECK_EQ(decode("=?iso-8859-1?Q?=D0=BF=D1=80=D0=BE=D0=B2=D0=B5=D1=80=D0=BA=D0=B0?="), expected);
  CHECK_EQ(decode("=?iso-8859-1?Q?=E4?="), "\xc3\xa4");
}

TEST("E03: raw 8-bit octets are UTF-8, else of the part's charset, else guessed") {
  const std::string_view expected = "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0 1";
  CHECK_EQ(decode(expected, "koi8-r"), expected);
  CHECK_EQ(decode("\xd0\xd2\xcf\xd7\xc5\xd2\xcb\xc1 1"), expected);
  CHECK_EQ(decode("\xef\xf0\xee\xe2\xe5\xf0\xea\xe0 1"), expected);
  CHECK_EQ(decode("\xaf\xe0\xae\xa2\xa5\xe0\xaa\xa0 1"), expected);
  CHECK_EQ(decode("\xe4", "iso-8859-1"), "\xc3\xa4");
  CHECK_EQ(decode("\xe4", "us-ascii"), "\xd0\xb4");
}

}  // namespace
}  // namespace tegu::mime
