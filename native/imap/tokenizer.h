// Tokenizer of IMAP command fragments (RFC 3501 9, RFC 9051 9). src/proto/imap/token.ts tells readers the
// same.
//
// A fragment is one line of a command without its CRLF: the first line, or what follows the octets of a
// literal. Splits it into atoms, quoted strings, parentheses and the literal marker at its end, in one pass
// without recursion or allocation. It judges the shape only (octets, spaces, quoting, balance of a section's
// brackets); whether an atom may be a tag, an astring or a list-mailbox is the reader's business. Refused
// with the offset of the offending octet: control characters, missing or additional spaces, broken quoting,
// braces that are not a marker at the end. What follows a refused octet is not looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace tegu::imap {

enum class TokenKind : std::int32_t { atom = 0, quoted = 1, literal = 2, open = 3, close = 4 };

/** Bits of Token::flags. */
enum TokenFlag : std::int32_t {
  /** A quoted string with at least one backslash escape; an atom's section may hold some too. */
  k_flag_escaped = 1,
  /** Literal whose octets follow without being asked for (RFC 7888). */
  k_flag_non_sync = 2,
  /** literal8 (RFC 3516). */
  k_flag_binary = 4,
  k_flag_space_before = 8,
  /** An octet above 0x7f: legal only in quoted strings after ENABLE UTF8=ACCEPT (RFC 6855). */
  k_flag_eight_bit = 16,
  /** Atom whose section bracket is still open when the literal begins; that literal belongs to the section.
   */
  k_flag_open_section = 32,
  /** First token of a fragment that continues such a section; its text goes on right after the literal. */
  k_flag_continued_section = 64,
};

/** One token; `start` and `end` are offsets into the fragment, without the quotes of a quoted string. */
struct Token {
  TokenKind kind;
  std::int32_t start;
  std::int32_t end;
  /** Octets of a literal, at most k_number_max (meaning "that or more"); 0 for other kinds. */
  std::int32_t number;
  std::int32_t flags;

  friend bool operator==(const Token&, const Token&) = default;
};
static_assert(sizeof(Token) == 5 * sizeof(std::int32_t), "the addon hands tokens over as rows of five Int32");

constexpr std::int32_t k_number_max = std::numeric_limits<std::int32_t>::max();

enum class TokenError : std::int32_t {
  none = 0,
  /** CTL outside a quoted string, or CR, LF, NUL inside one. */
  control = 1,
  /** No SP between two tokens. */
  missing_space = 2,
  /** Doubled SP, SP at the end, after "(" or before ")" (RFC 9051 9: SP is exactly one space). */
  extra_space = 3,
  unterminated_quoted = 4,
  /** Backslash in a quoted string before anything but backslash and quote. */
  bad_escape = 5,
  /** A brace that does not begin a literal marker at the end of the fragment. */
  bad_literal = 6,
  /** A section continued after a literal is not closed. */
  bad_section = 7,
  /** More tokens than the caller has room for. */
  too_many_tokens = 8,
  /** Fragment of 2 GiB or more. */
  too_long = 9,
};

/** What is known of a fragment beside its tokens. */
struct Fragment {
  /** Tokens written; with an error, those before it. At most one more than the fragment has octets. */
  std::size_t count = 0;
  TokenError error = TokenError::none;
  /** Offset of the first offending octet; meaningless without error. */
  std::size_t error_at = 0;
};

/** Where a fragment begins. */
enum class FragmentStart : std::int32_t {
  /** At a token or, after a literal, at the SP before one. */
  token = 0,
  /** Inside the parentheses of a section: the previous fragment ended with k_flag_open_section. */
  section = 1,
};

/** Splits `text` into `tokens`. Never reads the octets of a literal. */
[[nodiscard]] Fragment tokenize(std::span<const std::uint8_t> text, FragmentStart start,
                                std::span<Token> tokens) noexcept;

}  // namespace tegu::imap
