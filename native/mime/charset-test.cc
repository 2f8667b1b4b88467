// Labels, tables, decoders in every split, and guesses.
#include "mime/charset.h"

#include <vector>

#include "bytes/utf8.h"
#include "mime/charset-guess.h"
#include "mime/charset-tables.gen.h"
#include "test/check.h"

namespace tegu::mime {
namespace {

std::string decode(std::string_view text, std::string_view charset) {
  std::string out;
  append_decoded(out, bytes::as_bytes(text), find_charset(charset));
  return out;
}

template <typename Decoder>
std::string decode_pieces(Decoder& decoder, const std::vector<std::string_view>& pieces) {
  std::string out;
  for (const std::string_view piece : pieces) decoder.feed(bytes::as_bytes(piece), out);
  decoder.finish(out);
  return out;
}

constexpr std::string_view k_proverka = "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0";

struct Sample {
  std::string_view charset;
  std::string_view encoded;
  std::string_view utf8;
};

constexpr Sample k_samples[] = {
    {"koi8-r", "\xd0\xd2\xcf\xd7\xc5\xd2\xcb\xc1", k_proverka},
    {"windows-1251", "\xef\xf0\xee\xe2\xe5\xf0\xea\xe0", k_proverka},
    {"cp866", "\xaf\xe0\xae\xa2\xa5\xe0\xaa\xa0", k_proverka},
    {"iso-8859-5", "\xdf\xe0\xde\xd2\xd5\xe0\xda\xd0", k_proverka},
    {"x-mac-cyrillic", "\xef\xf0\xee\xe2\xe5\xf0\xea\xe0", k_proverka},
    {"utf-8", k_proverka, k_proverka},
    {"utf-8", "a\xf0\x9f\x98\x80z\xe2\x82", "a\xf0\x9f\x98\x80z\xef\xbf\xbd"},
    {"us-ascii", "a\xe4z", "a\xef\xbf\xbdz"},
    {"iso-8859-1", "\xe4\x80\x99", "\xc3\xa4\xe2\x82\xac\xe2\x84\xa2"},
    {"iso-8859-15", "\xa4", "\xe2\x82\xac"},
    {"windows-1255", "\xd9", "\xef\xbf\xbd"},
    {"utf-16be", std::string_view("\x04\x3f\xd8\x3d\xde\x00", 6), "\xd0\xbf\xf0\x9f\x98\x80"},
    {"utf-16le", std::string_view("\x3f\x04\x3d\xd8\x00\xde", 6), "\xd0\xbf\xf0\x9f\x98\x80"},
    {"utf-16", "\xff\xfe\x3f\x04", "\xd0\xbf"},
    {"utf-16", "\xfe\xff\x04\x3f", "\xd0\xbf"},
    {"utf-16", "\x04\x3f", "\xd0\xbf"},
    // A lone surrogate, and an octet too few.
    {"utf-16be", std::string_view("\xd8\x3d\x04\x3f\xdc\x00\x04", 7),
     "\xef\xbf\xbd\xd0\xbf\xef\xbf\xbd\xef\xbf\xbd"},
    {"iso-2022-jp", "\x1b$B%F%9\x1b(Bx", "\xe3\x83\x86\xe3\x82\xb9x"},
    {"shift_jis", "\x83\x65\x83\x58z", "\xe3\x83\x86\xe3\x82\xb9z"},
    {"gb2312", "\xb2\xe2\xca\xd4", "\xe6\xb5\x8b\xe8\xaf\x95"},
    {"gb18030", "\x95\x32\x82\x36", "\xf0\xa0\x80\x80"},
    {"big5", "\xb4\xfa", "\xe6\xb8\xac"},
    {"euc-kr", "\xba\xd0\xb1\xe2", "\xeb\xb6\x84\xea\xb8\xb0"},
    {"euc-jp", "\xa5\xc6", "\xe3\x83\x86"},
    // Katakana and JIS X 0212 in ISO-2022-JP; a line that does not return to ASCII; a broken escape; half a
    // kanji.
    {"iso-2022-jp", "\x1b(I1\x1b(B", "\xef\xbd\xb1"},
    {"iso-2022-jp", "\x1b$(D0!\x1b(Bx", "\xe4\xb8\x82x"},
    {"iso-2022-jp", "\x1b$B%F\nab", "\xe3\x83\x86\nab"},
    {"iso-2022-jp", "\x1b(Xa", "\x1b(Xa"},
    {"iso-2022-jp", "\x1b$B%", "%"},
    // Damage in a multi-byte charset: the octet goes, what follows stays.
    {"gb2312", "a\xffz", "a\xef\xbf\xbdz"},
    {"shift_jis", "a\x83", "a\xef\xbf\xbd"},
    {"euc-kr",
     "\xa2\xe8"
     "8?",
     "\xef\xbf\xbd\xef\xbf\xbd"
     "8?"},
    {"gb18030", "\x81\x30\x81", "\xef\xbf\xbd"},
    {"euc-jp", "\x8f\xa1", "\xef\xbf\xbd"},
};

TEST("charset: samples decode to the same characters whole, octet by octet and in every split") {
  for (const Sample& sample : k_samples) {
    const Charset charset = find_charset(sample.charset);
    CHECK(charset.kind != CharsetKind::unknown);
    CHECK_EQ(decode(sample.encoded, sample.charset), sample.utf8);
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < sample.encoded.size(); ++i) {
      CharsetDecoder halves(charset);
      CHECK_EQ(decode_pieces(halves, {sample.encoded.substr(0, i), sample.encoded.substr(i)}), sample.utf8);
      single.push_back(sample.encoded.substr(i, 1));
    }
    CharsetDecoder octets(charset);
    CHECK_EQ(decode_pieces(octets, single), sample.utf8);
  }
}

TEST("charset: labels in all the spellings that mail uses") {
  for (const std::string_view label :
       {"windows-1251", "WINDOWS-1251", "cp1251", "CP-1251", "x-cp1251", "win1251"}) {
    CHECK(find_charset(label) == find_charset("windows-1251"));
  }
  CHECK(find_charset("KOI8R") == find_charset("koi8-r"));
  CHECK(find_charset("ISO_8859-5") == find_charset("iso-8859-5"));
  CHECK(find_charset("iso8859-5") == find_charset("iso-8859-5"));
  CHECK(find_charset("IBM866") == find_charset("cp866"));
  CHECK(find_charset("latin1") == find_charset("ISO-8859-1"));
  CHECK(find_charset("UTF8") == find_charset("utf-8"));
  CHECK(find_charset("\"utf-8\"") == find_charset("utf-8"));
  for (const std::string_view label :
       {"", "x-unknown", "8bit", "utf-9", "utf-7", "iso-8859-12", "windows-1259"}) {
    CHECK(find_charset(label).kind == CharsetKind::unknown);
  }
  CHECK(find_charset(std::string(1000, 'a')).kind == CharsetKind::unknown);
}

TEST("charset: all ISO-8859 and Windows code pages of the promise are there") {
  for (const std::string_view label :
       {"iso-8859-1",   "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",
        "iso-8859-7",   "iso-8859-8",   "iso-8859-9",   "iso-8859-10",  "iso-8859-11",  "iso-8859-13",
        "iso-8859-14",  "iso-8859-15",  "iso-8859-16",  "windows-1250", "windows-1251", "windows-1252",
        "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
        "koi8-r",       "koi8-u",       "cp866"}) {
    const Charset charset = find_charset(label);
    REQUIRE(charset.kind == CharsetKind::single_byte);
    CHECK_EQ(decode("plain \x7f", label), "plain \x7f");
  }
}

std::string guess(std::string_view text) {
  const Charset charset = guess_charset(bytes::as_bytes(text));
  if (charset.kind == CharsetKind::utf8) return "utf-8";
  return charset.table == nullptr ? "none" : std::string(charset.table->name);
}

/** UTF-8 text in a single-byte charset, by searching its table backwards. */
std::string encode(std::string_view utf8, std::string_view charset) {
  const SingleByteCharset& table = *find_charset(charset).table;
  std::string out;
  for (Bytes rest = bytes::as_bytes(utf8); !rest.empty();) {
    const bytes::Utf8Step step = bytes::utf8_first(rest);
    rest = rest.subspan(step.length);
    if (step.code_point < 0x80) {
      out.push_back(static_cast<char>(step.code_point));
      continue;
    }
    for (std::size_t i = 0; i < table.upper.size(); ++i) {
      if (table.upper[i] == step.code_point) {
        out.push_back(static_cast<char>(i + 0x80));
        break;
      }
    }
  }
  return out;
}

TEST(
    "charset guess: raw Russian is told apart in every charset, in small letters, capitals and mixed (E03)") {
  const std::string_view texts[] = {
      // "Report for the quarter", "URGENT PAYMENT", "check", "Ivanov" in Russian
      "\xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 \xd0\xb7\xd0\xb0 "
      "\xd0\xba\xd0\xb2\xd0\xb0\xd1\x80\xd1\x82\xd0\xb0\xd0\xbb",
      "\xd0\xa1\xd0\xa0\xd0\x9e\xd0\xa7\xd0\x9d\xd0\x90\xd0\xaf "
      "\xd0\x9e\xd0\x9f\xd0\x9b\xd0\x90\xd0\xa2\xd0\x90",
      "Re: \xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0",
      "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2.doc",
  };
  for (const std::string_view text : texts) {
    CHECK_EQ(guess(text), "utf-8");
    for (const std::string_view charset : {"windows-1251", "koi8-r", "ibm866", "iso-8859-5"}) {
      CHECK_EQ(guess(encode(text, charset)), charset);
    }
  }
}

TEST("charset guess: Western European words, plain text and cut UTF-8") {
  CHECK_EQ(guess("Gr\xfc\xdf"
                 "e aus M\xfcnchen"),
           "windows-1252");
  CHECK_EQ(guess("\xdc"
                 "bung"),
           "windows-1252");
  CHECK_EQ(guess("d\xe9j\xe0 vu \xe0 Paris"), "windows-1252");
  CHECK_EQ(guess("plain"), "utf-8");
  CHECK_EQ(guess(""), "utf-8");
  // The sample ends inside a character.
  const std::string long_text = std::string(k_guess_sample - 1, 'a') + "\xd0\xbf";
  CHECK_EQ(guess(long_text), "utf-8");
}

TEST("charset guess: the streaming decoder decides once and gives the same text in every split") {
  const std::string russian = encode(k_proverka, "koi8-r");
  const std::string text = "Hello, " + russian + " " + russian;
  const std::string expected = "Hello, " + std::string(k_proverka) + " " + std::string(k_proverka);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    GuessingDecoder decoder;
    CHECK_EQ(decode_pieces(decoder, {std::string_view(text).substr(0, i), std::string_view(text).substr(i)}),
             expected);
  }
  std::string page;
  std::string expected_page;
  while (page.size() < 3 * k_guess_sample) {
    page += russian + " ";
    expected_page += std::string(k_proverka) + " ";
  }
  GuessingDecoder decoder;
  CHECK(decode_pieces(decoder, {std::string_view(page).substr(0, 5000),
                                std::string_view(page).substr(5000)}) == expected_page);
}

}  // namespace
}  // namespace tegu::mime
