// Tests of mailbox-name.h: known pairs, one spelling a name, and exhaustive agreement of both directions.
#include "imap/mailbox-name.h"

#include <string>
#include <string_view>

#include "bytes/view.h"
#include "test/check.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::as_bytes;

std::string encode(std::u16string_view name) {
  std::string encoded;
  return encode_mailbox_name(name, encoded) ? encoded : "refused";
}

bool decodes_to(std::string_view encoded, std::u16string_view expected) {
  std::u16string name;
  return decode_mailbox_name(as_bytes(encoded), name) && name == expected;
}

bool is_refused(std::string_view encoded) {
  std::u16string name;
  return !decode_mailbox_name(as_bytes(encoded), name);
}

struct Pair {
  std::u16string_view name;
  std::string_view encoded;
};

TEST("I16: names and their encoded forms, both ways") {
  const Pair pairs[] = {
      {u"", ""},
      {u"INBOX", "INBOX"},
      {u"Sent Items/2024~", "Sent Items/2024~"},
      {u"&", "&-"},
      {u"&&", "&-&-"},
      {u"A&B", "A&-B"},
      {u"\u0410\u0431\u0432&\u0433\u0434\u0435", "&BBAEMQQy-&-&BDMENAQ1-"},
      {u"~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
      {u"\u0412\u0445\u043e\u0434\u044f\u0449\u0438\u0435", "&BBIERQQ+BDQETwRJBDgENQ-"},
      {u"\U0001f4e7", "&2D3c5w-"},
      {u"\t", "&AAk-"},
      {u"\u007f", "&AH8-"},
      {u"\uffff", "&,,8-"},
  };
  for (const Pair& pair : pairs) {
    CHECK_EQ(encode(pair.name), pair.encoded);
    CHECK(decodes_to(pair.encoded, pair.name));
  }
}

TEST("I16: every second spelling of a name is refused") {
  for (const char* text : {
           "&AGE-",       // "a" in base64
           "&ACY-",       // "&" in base64
           "&BBAAYQ-",    // ASCII among Cyrillic
           "&BBA-&BDE-",  // two shifts where one would do
           "&BBB-",       // padding bits not zero
           "&BBAA-",      // a digit too many
           "&BBAEM-",     // half a character
           "&B-",         // no character
           "&BBA",        // unclosed
           "&",           // unclosed
           "a&",          // unclosed
           "&BB/A-",      // "/" is not in the alphabet
           "&BBA=-",      // neither is padding
           "&BBA -",      // nor a space
           "&2D0-",       // high surrogate alone
           "&3Oc-",       // low surrogate alone
           "&3OfYPQ-",    // pair in the wrong order
           "&2D0-&3Oc-",  // pair split over two shifts
           "\xd0\x90",    // raw UTF-8
           "a\xff",       // raw 8-bit
           "a\tb",        // raw control
           "a\x7f",       // raw DEL
           "a\r\nb",      // raw line end
           "&\xd0\x90-",  // 8-bit inside base64
       }) {
    if (!CHECK(is_refused(text))) std::fprintf(stderr, "  %s\n", text);
  }
  CHECK(is_refused(std::string_view("a\0", 2)));
}

TEST("mailbox name: unpaired surrogates cannot be encoded") {
  const char16_t high[] = {0xd83d, 0};
  const char16_t low[] = {u'a', 0xdce7, u'b', 0};
  const char16_t twice[] = {0xd83d, 0xd83d, 0xdce7, 0};
  CHECK_EQ(encode(high), "refused");
  CHECK_EQ(encode(low), "refused");
  CHECK_EQ(encode(twice), "refused");
}

TEST("mailbox name: every code unit, alone and between others, survives the round trip") {
  std::size_t failures = 0;
  for (unsigned unit = 0; unit < 0x10000; ++unit) {
    if (unit >= 0xd800 && unit <= 0xdfff) continue;
    const auto c = static_cast<char16_t>(unit);
    for (const std::u16string& name :
         {std::u16string{c}, {u'a', c, u'&'}, {u'\u0416', c}, {c, u'\u0416', u'\u0416', c}}) {
      if (!decodes_to(encode(name), name)) ++failures;
    }
  }
  CHECK_EQ(failures, 0);
}

TEST("mailbox name: whatever decodes is what encoding its name gives") {
  // All strings of up to 6 octets over an alphabet that reaches every branch.
  constexpr std::string_view k_octets = "&-ABQw8, /";
  std::size_t decoded = 0;
  std::size_t mismatches = 0;
  for (std::size_t length = 1; length <= 6; ++length) {
    std::size_t total = 1;
    for (std::size_t i = 0; i < length; ++i) total *= k_octets.size();
    std::string text(length, ' ');
    for (std::size_t n = 0; n < total; ++n) {
      std::size_t rest = n;
      for (char& c : text) {
        c = k_octets[rest % k_octets.size()];
        rest /= k_octets.size();
      }
      std::u16string name;
      if (!decode_mailbox_name(as_bytes(text), name)) continue;
      ++decoded;
      if (encode(name) != text) ++mismatches;
    }
  }
  CHECK_EQ(mismatches, 0);
  CHECK(decoded > 10000);
}

}  // namespace
