// Tests of tokenizer.h. Tokens are compared in a compact notation, one word a token: `A:text`, `Q:text`, `(`,
// `)`,
// `{n}` with suffixes `+` (non-sync), `~` (literal8), `\` (escaped), `8` (eight-bit), `<` (section open), `>`
// (continues a section), `_` (SP before it).
#include "imap/tokenizer.h"

#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "test/check.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::as_bytes;
using namespace std::string_literals;

struct Split {
  Fragment fragment;
  std::string shown;
};

Split split(std::string_view text, FragmentStart start = FragmentStart::token, std::size_t room = 64) {
  std::vector<Token> tokens(room);
  Split result{tokenize(as_bytes(text), start, tokens), ""};
  for (std::size_t i = 0; i < result.fragment.count; ++i) {
    const Token& token = tokens[i];
    const std::string body(text.substr(static_cast<std::size_t>(token.start),
                                       static_cast<std::size_t>(token.end - token.start)));
    std::string word;
    if ((token.flags & k_flag_space_before) != 0) word += '_';
    switch (token.kind) {
      case TokenKind::atom:
        word += "A:" + body;
        break;
      case TokenKind::quoted:
        word += "Q:" + body;
        break;
      case TokenKind::literal:
        word += "{" + std::to_string(token.number) + "}";
        break;
      case TokenKind::open:
        word += '(';
        break;
      case TokenKind::close:
        word += ')';
        break;
    }
    if ((token.flags & k_flag_non_sync) != 0) word += '+';
    if ((token.flags & k_flag_binary) != 0) word += '~';
    if ((token.flags & k_flag_escaped) != 0) word += '\\';
    if ((token.flags & k_flag_eight_bit) != 0) word += '8';
    if ((token.flags & k_flag_open_section) != 0) word += '<';
    if ((token.flags & k_flag_continued_section) != 0) word += '>';
    result.shown += (i > 0 ? " " : "") + word;
  }
  return result;
}

struct Row {
  std::string text;
  std::string tokens;
};

void check_rows(const std::vector<Row>& rows, FragmentStart start = FragmentStart::token) {
  for (const Row& row : rows) {
    const Split result = split(row.text, start);
    CHECK_EQ(result.shown, row.tokens);
    if (!CHECK_EQ(result.fragment.error, TokenError::none)) std::fprintf(stderr, "  %s\n", row.text.c_str());
  }
}

struct Refusal {
  std::string text;
  TokenError error;
  std::size_t at;
};

void check_refusals(const std::vector<Refusal>& rows, FragmentStart start = FragmentStart::token) {
  for (const Refusal& row : rows) {
    const Fragment fragment = split(row.text, start).fragment;
    const bool same = CHECK_EQ(fragment.error, row.error) && CHECK_EQ(fragment.error_at, row.at);
    if (!same) std::fprintf(stderr, "  %s\n", row.text.c_str());
  }
}

TEST("tokenizer: commands of RFC 9051 split into their tokens") {
  check_rows({
      {"", ""},
      {"a1 NOOP", "A:a1 _A:NOOP"},
      {"a LOGIN \"fred\" foo", "A:a _A:LOGIN _Q:fred _A:foo"},
      {"a LIST \"\" %/*", "A:a _A:LIST _Q: _A:%/*"},
      {"a STORE 1:*,7 +FLAGS.SILENT (\\Seen $Junk)",
       "A:a _A:STORE _A:1:*,7 _A:+FLAGS.SILENT _( A:\\Seen _A:$Junk )"},
      {"a SEARCH RETURN () ALL", "A:a _A:SEARCH _A:RETURN _( ) _A:ALL"},
      {"a UID SEARCH (OR (FROM x) (TO y)) UNSEEN",
       "A:a _A:UID _A:SEARCH _( A:OR _( A:FROM _A:x ) _( A:TO _A:y ) ) _A:UNSEEN"},
      {"a SELECT [Gmail]/Sent", "A:a _A:SELECT _A:[Gmail]/Sent"},
      {"a LOGIN us]er p}w'~", "A:a _A:LOGIN _A:us]er _A:p}w'~"},
      {"a AUTHENTICATE PLAIN AGEAYg==", "A:a _A:AUTHENTICATE _A:PLAIN _A:AGEAYg=="},
      {"a APPEND x (\\Seen) \"17-Jul-1996 02:44:25 -0700\" ~{310}",
       "A:a _A:APPEND _A:x _( A:\\Seen ) _Q:17-Jul-1996 02:44:25 -0700 _{310}~"},
  });
}

TEST("tokenizer: a FETCH section with its header list and partial range is one atom") {
  check_rows({
      {"BODY[]", "A:BODY[]"},
      {"(FLAGS BODY.PEEK[1.2.MIME]<0.100>)", "( A:FLAGS _A:BODY.PEEK[1.2.MIME]<0.100> )"},
      {"body.peek[HEADER.FIELDS (\"Date\" FROM)]<0.100> UID",
       "A:body.peek[HEADER.FIELDS (\"Date\" FROM)]<0.100> _A:UID"},
      {"BODY[HEADER.FIELDS.NOT (X[1] Y])] UID", "A:BODY[HEADER.FIELDS.NOT (X[1] Y])] _A:UID"},
      {"BODY[HEADER.FIELDS (\"a)]\\\"\")] UID", "A:BODY[HEADER.FIELDS (\"a)]\\\"\")]\\ _A:UID"},
      {"BINARY.SIZE[1] BINARY.PEEK[2]<5.6>", "A:BINARY.SIZE[1] _A:BINARY.PEEK[2]<5.6>"},
  });
}

TEST("tokenizer: a bracket opens a section only after a FETCH item and only when it closes") {
  check_rows({
      {"SELECT inbox[x y]", "A:SELECT _A:inbox[x _A:y]"},
      {"SELECT body[x", "A:SELECT _A:body[x"},
      {"SELECT body[x (y)", "A:SELECT _A:body[x _( A:y )"},
  });
  check_refusals({{"BODY[HEADER.FIELDS ((x))]", TokenError::missing_space, 24}});
}

TEST("tokenizer: a literal inside a section leaves it open and the next fragment goes on") {
  check_rows({
      {"a FETCH 1 BODY[HEADER.FIELDS ({4}", "A:a _A:FETCH _A:1 _A:BODY[HEADER.FIELDS (< {4}"},
      {"a FETCH 1 BODY[HEADER.FIELDS (To {4+}", "A:a _A:FETCH _A:1 _A:BODY[HEADER.FIELDS (To < {4}+"},
  });
  check_rows(
      {
          {")]<0.5> UID", "A:)]<0.5>> _A:UID"},
          {" From)] (X)", "A: From)]> _( A:X )"},
          {" {3}", "A: <> {3}"},
          {"{3}", "A:<> {3}"},
      },
      FragmentStart::section);
  check_refusals(
      {
          {"", TokenError::bad_section, 0},
          {") UID", TokenError::bad_section, 5},
          {" From", TokenError::bad_section, 5},
          {"(x)]", TokenError::bad_section, 0},
          {" \"x", TokenError::bad_section, 3},
          {"]", TokenError::bad_section, 1},
      },
      FragmentStart::section);
}

TEST("I01: literal sizes: the grammar, saturation, and nothing read by guess") {
  check_rows({
      {"a APPEND x {0}", "A:a _A:APPEND _A:x _{0}"},
      {"a APPEND x {007}", "A:a _A:APPEND _A:x _{7}"},
      {"a APPEND x ~{7+}", "A:a _A:APPEND _A:x _{7}+~"},
      {"{5+}", "{5}+"},
      {"({5}", "( {5}"},
      {" {9999999999}", "_{2147483647}"},
  });
  check_rows({
      {"{2147483646}", "{2147483646}"},
      {"{2147483647}", "{2147483647}"},
      {"{2147483648}", "{2147483647}"},
      {"{21474836470}", "{2147483647}"},
      {"{" + std::string(4000, '9') + "+}", "{2147483647}+"},
  });
}

TEST("I01, I02: malformed literal markers are refused at the brace and are no literal") {
  for (const char* text :
       {"a LOGIN {-1}", "a LOGIN {}", "a LOGIN {+10}", "a LOGIN {10++}", "a LOGIN {+}", "a LOGIN {10-}",
        "a LOGIN {1 0}", "a LOGIN {10} ", "a LOGIN {10}x", "a LOGIN {10"}) {
    const Fragment fragment = split(text).fragment;
    CHECK_EQ(fragment.error, TokenError::bad_literal);
    CHECK_EQ(fragment.error_at, 8);
    CHECK_EQ(fragment.count, 2);
  }
  check_refusals({{"10}", TokenError::none, 0}, {"x{5}", TokenError::missing_space, 1}});
}

TEST("I02: non-synchronising literals one after the other, as Outlook logs in") {
  check_rows({{"a LOGIN {16+}", "A:a _A:LOGIN _{16}+"}, {" {9+}", "_{9}+"}, {"", ""}});
}

TEST("tokenizer: quoted strings refuse CR, LF and NUL, know two escapes and mark 8-bit text") {
  check_rows({
      {R"("a\"b\\c")", R"(Q:a\"b\\c\)"},
      {"\"\t\x01\x7f\"", "Q:\t\x01\x7f"},
      {"\"\xd0\xbf\" x", "Q:\xd0\xbf\x38 _A:x"},
      {"\"{5}\" \"x {5+}\"", "Q:{5} _Q:x {5+}"},
  });
  check_refusals({
      {"a \"b", TokenError::unterminated_quoted, 2},
      {"a \"b\\", TokenError::unterminated_quoted, 2},
      {"a \"b\\\"", TokenError::unterminated_quoted, 2},
      {"\"b\\x\"", TokenError::bad_escape, 2},
      {"\"b\\\r\"", TokenError::bad_escape, 2},
      {"\"b\r\"", TokenError::control, 2},
      {"\"b\n\"", TokenError::control, 2},
      {"\"b\0\""s, TokenError::control, 2},
  });
}

TEST("tokenizer: SP is exactly one space and stands between all tokens") {
  check_refusals({
      {"a  NOOP", TokenError::extra_space, 2},
      {"a NOOP ", TokenError::extra_space, 6},
      {" ", TokenError::extra_space, 0},
      {"  a", TokenError::extra_space, 1},
      {"( a)", TokenError::extra_space, 1},
      {"(a )", TokenError::extra_space, 2},
      {" )", TokenError::extra_space, 0},
      {"a ( {5}", TokenError::extra_space, 3},
      {"a  {5}", TokenError::extra_space, 2},
      {"\"a\"\"b\"", TokenError::missing_space, 3},
      {"\"a\"b", TokenError::missing_space, 3},
      {"b\"a\"", TokenError::missing_space, 1},
      {"(a)(b)", TokenError::missing_space, 3},
      {"(a)b", TokenError::missing_space, 3},
      {"a(b)", TokenError::missing_space, 1},
      {"(a){5}", TokenError::missing_space, 3},
  });
  check_rows({{" x", "_A:x"}, {")", ")"}, {"(())", "( ( ) )"}});
}

TEST("tokenizer: every octet alone: an atom, a token of its own, or refused") {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const std::string text(1, static_cast<char>(octet));
    const Split result = split(text);
    TokenError expected = TokenError::none;
    if (octet < 0x20 || octet == 0x7f) expected = TokenError::control;
    if (octet == ' ') expected = TokenError::extra_space;
    if (octet == '{') expected = TokenError::bad_literal;
    if (octet == '"') expected = TokenError::unterminated_quoted;
    CHECK_EQ(result.fragment.error, expected);
    if (expected == TokenError::none && octet != '(' && octet != ')') {
      CHECK_EQ(result.shown, "A:" + text + (octet >= 0x80 ? "8" : ""));
    }
  }
}

TEST("tokenizer: control octets inside an atom are refused where they stand") {
  check_refusals({
      {"a LO\tGIN", TokenError::control, 4},
      {"a \r", TokenError::control, 2},
      {"a b\0"s, TokenError::control, 3},
      {"a b\x7f", TokenError::control, 3},
      {"BODY[\x01]", TokenError::control, 5},
  });
}

TEST("tokenizer: token room is a bound; one token fewer than needed is refused at the first that has none") {
  CHECK_EQ(split("a b c", FragmentStart::token, 3).fragment.error, TokenError::none);
  const Fragment fragment = split("a b c", FragmentStart::token, 2).fragment;
  CHECK_EQ(fragment.error, TokenError::too_many_tokens);
  CHECK_EQ(fragment.error_at, 4);
  CHECK_EQ(fragment.count, 2);
  CHECK_EQ(split("a {5}", FragmentStart::token, 1).fragment.error, TokenError::too_many_tokens);
  CHECK_EQ(split("", FragmentStart::token, 0).fragment.error, TokenError::none);
}

TEST("tokenizer: depth costs no stack, and a line of many item names costs no square") {
  CHECK_EQ(split(std::string(1000, '('), FragmentStart::token, 1000).fragment.count, 1000);
  CHECK_EQ(split(std::string(1000, ')'), FragmentStart::token, 1000).fragment.count, 1000);
  // 2 MiB that each begin a section and never close it: seconds if every one were tried to the end.
  std::string many;
  while (many.size() < 2u << 20) many += "BODY[ ";
  many.pop_back();
  const Fragment fragment = split(many, FragmentStart::token, many.size()).fragment;
  CHECK_EQ(fragment.error, TokenError::none);
  CHECK_EQ(fragment.count, (many.size() + 1) / 6);
}

}  // namespace
