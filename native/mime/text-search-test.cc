// SEARCH TEXT and BODY: what is looked into, how texts are compared, and that pieces do not matter.
#include "mime/text-search.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

bool search(std::string_view message, std::string_view needle, bool include_header, std::size_t step) {
  TextSearch search(ParseLimits(), false, needle, include_header);
  for (std::size_t at = 0; at < message.size(); at += step)
    search.feed(bytes::as_bytes(message.substr(at, step)));
  search.finish();
  return search.is_found();
}

/** Searches whole and in small pieces; all must agree. */
bool finds(std::string_view message, std::string_view needle, bool include_header) {
  const bool found = search(message, needle, include_header, message.size() + 1);
  for (const std::size_t step : {1, 2, 3, 7}) CHECK_EQ(search(message, needle, include_header, step), found);
  return found;
}

bool text(std::string_view message, std::string_view needle) {
  return finds(message, needle, true);
}
bool body(std::string_view message, std::string_view needle) {
  return finds(message, needle, false);
}

// "проверка", "ёлка" and "ЕЛКА", "отчёт.txt"
constexpr std::string_view k_proverka = "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd1\x80\xd0\xba\xd0\xb0";
constexpr std::string_view k_yolka = "\xd1\x91\xd0\xbb\xd0\xba\xd0\xb0";
constexpr std::string_view k_elka_capital = "\xd0\x95\xd0\x9b\xd0\x9a\xd0\x90";

TEST("search folding: case, io, white space") {
  CHECK_EQ(fold_for_search("Hello  WORLD\r\n\tx"), "hello world x");
  CHECK_EQ(fold_for_search(" a "), " a ");
  CHECK_EQ(fold_for_search("a\xc2\xa0 b"), "a b");
  CHECK_EQ(fold_for_search(k_yolka), fold_for_search(k_elka_capital));
  CHECK_EQ(fold_for_search("\xce\xa3\xcf\x83\xcf\x82"), "\xcf\x83\xcf\x83\xcf\x83");
  CHECK_EQ(fold_for_search("a\xff"
                           "b"),
           "a\xef\xbf\xbd"
           "b");
  CHECK_EQ(fold_for_search(""), "");
}

TEST("substring finder: across pieces, never across texts") {
  SubstringFinder finder("abab");
  CHECK(!finder.feed("xaba"));
  CHECK(finder.feed("b"));
  finder.reset();
  CHECK(!finder.feed("aba"));
  finder.reset();
  CHECK(!finder.feed("b"));
  CHECK(!finder.feed(""));
  CHECK(finder.feed("xxababxx"));
  SubstringFinder single("a");
  CHECK(!single.feed("bbb"));
  CHECK(single.feed("a"));
  CHECK(SubstringFinder("").feed(""));
}

TEST("substring finder: every needle of a small alphabet against every text, in every split") {
  const auto word = [](unsigned bits, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back((bits >> i & 1) != 0 ? 'b' : 'a');
    return text;
  };
  bool same = true;
  for (std::size_t needle_size = 1; needle_size <= 5; ++needle_size) {
    for (unsigned needle_bits = 0; needle_bits < 1u << needle_size; ++needle_bits) {
      const std::string needle = word(needle_bits, needle_size);
      for (unsigned bits = 0; bits < 1u << 9; ++bits) {
        const std::string text = word(bits, 9);
        for (std::size_t split = 0; split <= text.size(); split += 3) {
          SubstringFinder finder(needle);
          const bool first = finder.feed(std::string_view(text).substr(0, split));
          const bool found = first || finder.feed(std::string_view(text).substr(split));
          same &= found == (text.find(needle) != std::string::npos);
        }
      }
    }
  }
  CHECK(same);
}

TEST("search: TEXT sees the header, BODY does not") {
  const std::string_view message =
      "Subject: Qwerty =?koi8-r?B?0NLP18XSy8E=?=\r\n folded\r\n\r\nHello\r\nWorld\r\n";
  CHECK(text(message, "qwerty"));
  CHECK(text(message, k_proverka));
  CHECK(text(message, std::string(k_proverka) + " FOLDED"));
  CHECK(text(message, "subject: q"));
  CHECK(!body(message, "qwerty"));
  CHECK(body(message, "hello world"));
  CHECK(text(message, "LLO"));
  CHECK(!text(message, "folded hello"));
  CHECK(!text(message, "missing"));
  CHECK(body(message, ""));
  CHECK(body("", ""));
  CHECK(!body("", "x"));
}

TEST("search: transfer encodings and charsets of text parts") {
  const auto part = [](std::string_view charset, std::string_view encoding, std::string_view octets) {
    return std::string("Content-Type: text/plain; charset=")
        .append(charset)
        .append("\r\nContent-Transfer-Encoding: ")
        .append(encoding)
        .append("\r\n\r\n")
        .append(octets)
        .append("\r\n");
  };
  CHECK(body(part("koi8-r", "8bit", "a \xd0\xd2\xcf\xd7\xc5\xd2\xcb\xc1"), k_proverka));
  CHECK(body(part("windows-1251", "quoted-printable", "=EF=F0=EE=E2=\r\n=E5=F0=EA=E0"), k_proverka));
  CHECK(body(part("utf-8", "base64", "0L/RgNC+0LLQ\r\ntdGA0LrQsA=="), k_proverka));
  CHECK(body(part("utf-16le", "base64", "PwRABD4EMgQ1BEAEOgQwBA=="), k_proverka));
  CHECK(body(part("iso-2022-jp", "7bit", "\x1b$B%F%9\x1b(B"), "\xe3\x83\x86\xe3\x82\xb9"));
  // No label, and labels that only state a default.
  CHECK(body("\r\n\xef\xf0\xee\xe2\xe5\xf0\xea\xe0\r\n", k_proverka));
  CHECK(body(part("us-ascii", "8bit", "\xd0\xd2\xcf\xd7\xc5\xd2\xcb\xc1"), k_proverka));
  CHECK(body(part("utf-8", "8bit", "\xef\xf0\xee\xe2\xe5\xf0\xea\xe0"), k_proverka));
  CHECK(body(part("x-unknown", "8bit", k_proverka), k_proverka));
  // An unknown encoding says nothing about the text.
  CHECK(!body(part("utf-8", "x-uuencode", "hello"), "hello"));
}

const std::string k_message =
    "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
    "--b\r\nContent-Type: text/html\r\nContent-Description: part-note\r\n\r\n<b>first</b>\r\n"
    "--b\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename*0*=utf-8''%D0%BF%D1%80; "
    "filename*1*=%D0%BE%D0%B2.pdf\r\n\r\nbinary text\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n"
    "--b--\r\nepilogue\r\n";

TEST("search: parts of a multipart") {
  CHECK(body(k_message, "<b>first"));
  CHECK(body(k_message, "5.1.1"));
  CHECK(body(k_message, "inner body"));
  CHECK(!text(k_message, "binary text"));
  CHECK(!text(k_message, "preamble"));
  CHECK(!text(k_message, "epilogue"));
  // Headers: of an inner message they are body, of a part only TEXT sees them.
  CHECK(body(k_message, "subject: inner"));
  CHECK(!body(k_message, "outer"));
  CHECK(!body(k_message, "part-note"));
  CHECK(text(k_message, "part-note"));
  // "пров.pdf", out of two segments.
  CHECK(text(k_message, "\xd0\x9f\xd0\xa0\xd0\x9e\xd0\x92.PDF"));
  // A match does not reach from one part into the next.
  CHECK(!body(k_message, "first</b>status"));
}

TEST("search: a match across slices of a long body") {
  std::string message = "\r\n" + std::string(8 * 1024 - 3, 'x') + "needle" + std::string(10'000, 'y');
  CHECK(search(message, "NEEDLE", false, message.size()));
  CHECK(!search(message, "needles", false, message.size()));
}

TEST("search: what lies beyond the limits is searched as it is") {
  ParseLimits limits;
  limits.max_parts = 2;
  TextSearch search(limits, false, "inner body", false);
  search.feed(bytes::as_bytes(k_message));
  search.finish();
  CHECK(search.is_found());
}

}  // namespace
}  // namespace tegu::mime
