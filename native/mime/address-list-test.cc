// Address lists: the grammar of RFC 5322, its obsolete forms, and the damage seen in mail, as Dovecot shows
// it.
#include "mime/address-list.h"

#include <string_view>

#include "test/check.h"

namespace tegu::mime {
namespace {

/** One address a piece: [name|route|mailbox|host], (group: ... ) for markers, - for what is absent. */
class Printer final : public AddressSink {
 public:
  bool on_address(const Address& address) noexcept override {
    if (address.kind == AddressKind::group_start) {
      text.append("(").append(address.mailbox).append(":");
    } else if (address.kind == AddressKind::group_end) {
      text.append(")");
    } else {
      text.append("[").append(address.name.value_or("-")).append("|").append(address.route.value_or("-"));
      text.append("|").append(address.mailbox).append("|").append(address.host).append("]");
    }
    return --wanted > 0;
  }

  std::string text;
  int wanted = 1'000'000;
};

std::string addresses(std::string_view value) {
  Printer printer;
  read_addresses(bytes::as_bytes(value), printer);
  return printer.text;
}

struct Sample {
  std::string_view value;
  std::string_view expected;
};

TEST("addresses: well-formed lists (RFC 5322 3.4)") {
  constexpr Sample k_samples[] = {
      {"", ""},
      {" \r\n ", ""},
      {"(only a comment)", ""},
      {"a@b", "[-|-|a|b]"},
      {"<a@b>", "[-|-|a|b]"},
      {"Joe <a@b>", "[Joe|-|a|b]"},
      {"\"Joe \\\"x\\\" y\" <a@b>", "[Joe \"x\" y|-|a|b]"},
      {"Joe Q. Public <a@b>", "[Joe Q. Public|-|a|b]"},
      {"Joe\t  Q\r\n  P <a@b>", "[Joe Q P|-|a|b]"},
      {"a@b (Comment)", "[Comment|-|a|b]"},
      {"a@b (x(y)z)", "[x(y)z|-|a|b]"},
      {"a@b (c) (d)", "[d|-|a|b]"},
      {"a@b (one\r\n two)", "[one two|-|a|b]"},
      {"(c) a@b", "[-|-|a|b]"},
      {"Name (c) <a@b>", "[Name|-|a|b]"},
      {"Name <a@b> (c)", "[Name|-|a|b]"},
      {"<a@b> (Name)", "[-|-|a|b]"},
      {"a@b, Joe <c@d>,\r\n e@f (x)", "[-|-|a|b][Joe|-|c|d][x|-|e|f]"},
      {"\"a b\"@c", "[-|-|a b|c]"},
      {"<\"a b\"@c>", "[-|-|a b|c]"},
      {"a@[1.2.3.4]", "[-|-|a|[1.2.3.4]]"},
      {"a@[IPv6:2001:db8::1]", "[-|-|a|[IPv6:2001:db8::1]]"},
      {"a@[1.2\\]3]", "[-|-|a|[1.2\\]3]]"},
      {"=?utf-8?q?x?= <a@b>", "[=?utf-8?q?x?=|-|a|b]"},
      {"O'Neil <a@b>", "[O'Neil|-|a|b]"},
      // RFC 6531
      {"\xd0\xbf@\xd0\xb1", "[-|-|\xd0\xbf|\xd0\xb1]"},
      {"\xd0\x9f <a@b>", "[\xd0\x9f|-|a|b]"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(addresses(sample.value), sample.expected);
}

TEST("addresses: groups are markers around their members, empty ones too (I07)") {
  constexpr Sample k_samples[] = {
      {"grp: a@b, Joe <c@d>;", "(grp:[-|-|a|b][Joe|-|c|d])"},
      {"grp:;", "(grp:)"},
      {"Undisclosed recipients:;", "(Undisclosed recipients:)"},
      {"\"A B\": a@b;, c@d", "(A B:[-|-|a|b])[-|-|c|d]"},
      {"x@y, grp: a@b;, c@d", "[-|-|x|y](grp:[-|-|a|b])[-|-|c|d]"},
      // The end marker comes even where the semicolon is missing.
      {"grp: a@b", "(grp:[-|-|a|b])"},
      {"grp:", "(grp:)"},
      {"A: b@c; D: e@f;", "(A:[-|-|b|c])(D:[-|-|e|f])"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(addresses(sample.value), sample.expected);
}

TEST("addresses: obsolete forms (RFC 5322 4.4)") {
  constexpr Sample k_samples[] = {
      {"Joe <@r1,@r2:a@b>", "[Joe|@r1,@r2|a|b]"},
      {"<@r:a@b>", "[-|@r|a|b]"},
      {"a @ b . c", "[-|-|a|b.c]"},
      {"a . b @ c", "[-|-|a.b|c]"},
      {"<a . b @ c>", "[-|-|a.b|c]"},
      {"\"a\".\"b\"@c", "[-|-|a.b|c]"},
      {"\"J\" \"K\" <a@b>", "[J K|-|a|b]"},
      {"a@b, ,c@d,", "[-|-|a|b][-|-|MISSING_MAILBOX|MISSING_DOMAIN][-|-|c|d]"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(addresses(sample.value), sample.expected);
}

TEST("addresses: damage is named, and what follows it is found") {
  constexpr Sample k_samples[] = {
      {"a", "[-|-|a|MISSING_DOMAIN]"},
      {"a b", "[a b|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"\"a\"", "[a|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"<a>", "[-|-|a|MISSING_DOMAIN]"},
      {"<>", "[-|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"foo bar <>", "[foo bar|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {",a@b", "[-|-|MISSING_MAILBOX|MISSING_DOMAIN][-|-|a|b]"},
      {"a b@c, d@e", "[a b|-|MISSING_MAILBOX|MISSING_DOMAIN][-|-|d|e]"},
      {"foo@", "[-|-|foo|MISSING_DOMAIN]"},
      {"foo@ ,b@c", "[-|-|foo|MISSING_DOMAIN][-|-|b|c]"},
      {"@foo", "[-|-|MISSING_MAILBOX|foo]"},
      {"a.@b", "[-|-|a.|b]"},
      {"a..b@c", "[-|-|a..b|c]"},
      {"a@b.", "[-|-|a|MISSING_DOMAIN]"},
      {"a@.b, c@d", "[-|-|a|MISSING_DOMAIN][-|-|c|d]"},
      {"a@b/c", "[-|-|a|b/c]"},
      {"foo@bar@baz", "[-|-|foo|bar]"},
      {"Joe <a@b", "[Joe|-|a|SYNTAX_ERROR]"},
      {"Joe <a b@c>, d@e", "[Joe|-|a|SYNTAX_ERROR][-|-|d|e]"},
      {"<<a@b>>", "[-|-|MISSING_MAILBOX|SYNTAX_ERROR]"},
      {"<@:a@b>", "[-|INVALID_ROUTE|a|b]"},
      {"<a@b> trailing", "[-|-|a|b]"},
      {"<a@b><c@d>, e@f", "[-|-|a|b][-|-|e|f]"},
      {"a@b c@d, e@f", "[-|-|a|b][-|-|e|f]"},
      // Semicolons for commas, as one mailer's address book writes them.
      {"a@b; c@d", "[-|-|a|b][-|-|c|d]"},
      {"x\" NIL \"y <a@b>", "[x  NIL  y|-|a|b]"},
      {"\"unterminated <a@b>", "[unterminated <a@b>|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"(unterminated <a@b>", ""},
      {"a@b(", "[-|-|a|b]"},
      {"[foo] <a@b>", "[[foo]|-|a|b]"},
      {"Foo [x:y] <a@b>", "[Foo [x:y]|-|a|b]"},
      {"Joe, Jr. <a@b>", "[-|-|Joe|MISSING_DOMAIN][Jr.|-|a|b]"},
      {"a\\b@c", "[a\\b|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"a@b>", "[-|-|a|b]"},
      {":a@b", "[:a|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"mailto:a@b", "(mailto:[-|-|a|b])"},
      {"a(x)b(y)@c", "[y|-|MISSING_MAILBOX|MISSING_DOMAIN]"},
      {"\"\" <a@b>", "[-|-|a|b]"},
      {"\"\"@b", "[-|-||b]"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(addresses(sample.value), sample.expected);
  CHECK_EQ(addresses(std::string_view("\"a\0c\" <a@b>", 11)),
           "[a\xef\xbf\xbd"
           "c|-|a|b]");
  CHECK_EQ(addresses(std::string_view("a@b\0c, d@e", 10)), "[-|-|a|b][-|-|d|e]");
}

TEST("addresses: the sink can end a list of any length") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a@b,";
  Printer printer;
  printer.wanted = 2;
  read_addresses(bytes::as_bytes(many), printer);
  CHECK_EQ(printer.text, "[-|-|a|b][-|-|a|b]");
}

}  // namespace
}  // namespace tegu::mime
