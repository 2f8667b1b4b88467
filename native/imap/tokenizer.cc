// Implementation of tokenizer.h: a table of octet classes and one forward pass; each octet is looked at once,
// twice when the one attempt to read a section fails.
#include "imap/tokenizer.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bytes/ascii.h"
#include "bytes/view.h"

namespace tegu::imap {
namespace {

constexpr std::uint8_t k_high_bit = 0x80;

enum OctetClass : std::uint8_t {
  /** Ends an atom: CTL, SP, parentheses, opening brace, quote. */
  k_atom_stop = 1,
  /** CTL: 0x00-0x1f, 0x7f. */
  k_control = 2,
  /** Not plain text of a quoted string: CR, LF, NUL, quote, backslash. */
  k_quoted_stop = 4,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t octet = 0; octet < 0x20; ++octet) classes[octet] = k_atom_stop | k_control;
  classes[0x7f] = k_atom_stop | k_control;
  for (const char c : {' ', '(', ')', '{', '"'}) classes[static_cast<std::uint8_t>(c)] |= k_atom_stop;
  for (const char c : {'\0', '\r', '\n', '"', '\\'}) classes[static_cast<std::uint8_t>(c)] |= k_quoted_stop;
  return classes;
}

constexpr std::array<std::uint8_t, 256> k_classes = make_classes();

/** Whether `text` is one of the FETCH items that take a section, in any case (RFC 9051 6.4.5, RFC 3516 4). */
bool is_section_item(std::span<const std::uint8_t> text) noexcept {
  constexpr std::array<std::string_view, 5> k_items = {"BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK",
                                                       "BINARY.SIZE"};
  const std::string_view name = bytes::as_text(text);
  return std::any_of(k_items.begin(), k_items.end(),
                     [&](std::string_view item) { return bytes::equals_ignore_case(item, name); });
}

/** `{n}`, `{n+}`, `~{n}`, `~{n+}` at the end of a fragment. */
struct Marker {
  bool found = false;
  bool non_sync = false;
  bool binary = false;
  std::size_t start = 0;
  std::size_t end = 0;
  std::int32_t size = 0;
};

// RFC 9051 4.3, RFC 7888 5, RFC 3516 4.4. Digits saturate instead of overflowing: the session refuses by
// size, and a number that fits no integer is only a larger way of being too large.
Marker find_marker(std::span<const std::uint8_t> text) noexcept {
  Marker marker;
  std::size_t at = text.size();
  if (at == 0 || text[--at] != '}') return marker;
  if (at > 0 && text[at - 1] == '+') {
    marker.non_sync = true;
    --at;
  }
  const std::size_t digits_end = at;
  while (at > 0 && bytes::is_class(text[at - 1], bytes::k_digit)) --at;
  const std::size_t digits = at;
  if (digits == digits_end || at == 0 || text[--at] != '{') return marker;
  for (std::size_t i = digits; i < digits_end && marker.size < k_number_max; ++i) {
    const std::int32_t digit = text[i] - '0';
    const bool fits = marker.size <= (k_number_max - digit) / 10;
    marker.size = fits ? marker.size * 10 + digit : k_number_max;
  }
  if (at > 0 && text[at - 1] == '~') {
    marker.binary = true;
    --at;
  }
  marker.found = true;
  marker.start = at;
  marker.end = text.size();
  return marker;
}

class Tokenizer {
 public:
  Tokenizer(std::span<const std::uint8_t> text, std::span<Token> tokens) noexcept
      : marker_(find_marker(text)),
        text_(marker_.found ? text.first(marker_.start) : text),
        tokens_(tokens) {}

  Fragment run(FragmentStart start) noexcept {
    bool ok = start == FragmentStart::token || take_section_rest();
    while (ok && at_ < text_.size()) ok = take_token();
    if (ok && marker_.found) take_literal();
    return fragment_;
  }

 private:
  bool fail(TokenError error, std::size_t at) noexcept {
    fragment_.error = error;
    fragment_.error_at = at;
    return false;
  }

  bool emit(TokenKind kind, std::size_t start, std::size_t end, std::int32_t flags,
            std::int32_t number = 0) noexcept {
    if (fragment_.count == tokens_.size()) return fail(TokenError::too_many_tokens, start);
    tokens_[fragment_.count++] = {kind, static_cast<std::int32_t>(start), static_cast<std::int32_t>(end),
                                  number, flags};
    last_ = kind;
    has_last_ = true;
    return true;
  }

  /** Moves over one SP; `flags` gets k_flag_space_before. False when the spacing is wrong. */
  bool take_space(std::int32_t& flags) noexcept {
    if (at_ == text_.size() || text_[at_] != ' ') return true;
    if (has_last_ && last_ == TokenKind::open) return fail(TokenError::extra_space, at_);
    ++at_;
    if (at_ == text_.size()) {
      if (!marker_.found) return fail(TokenError::extra_space, at_ - 1);
    } else if (text_[at_] == ' ') {
      return fail(TokenError::extra_space, at_);
    } else if (text_[at_] == ')') {
      return fail(TokenError::extra_space, at_ - 1);
    }
    flags |= k_flag_space_before;
    return true;
  }

  /** Whether a token other than ")" may begin here. */
  bool is_separated(std::int32_t flags) const noexcept {
    return !has_last_ || last_ == TokenKind::open || (flags & k_flag_space_before) != 0;
  }

  bool take_token() noexcept {
    std::int32_t flags = 0;
    if (!take_space(flags)) return false;
    if (at_ == text_.size()) {
      space_before_marker_ = true;
      return true;
    }
    const std::uint8_t octet = text_[at_];
    if ((k_classes[octet] & k_control) != 0) return fail(TokenError::control, at_);
    if (octet == '{') return fail(TokenError::bad_literal, at_);
    if (octet != ')' && !is_separated(flags)) return fail(TokenError::missing_space, at_);
    switch (octet) {
      case '(':
        ++at_;
        return emit(TokenKind::open, at_ - 1, at_, flags);
      case ')':
        ++at_;
        return emit(TokenKind::close, at_ - 1, at_, flags);
      case '"':
        return take_quoted(flags);
      default:
        return take_atom(flags);
    }
  }

  /** Moves `at` behind the closing quote of the string that begins at `at`. */
  TokenError skip_quoted(std::size_t& at, std::size_t& error_at, std::int32_t& flags) const noexcept {
    const std::size_t opening = at++;
    std::uint8_t seen = 0;
    for (; at < text_.size(); ++at) {
      const std::uint8_t octet = text_[at];
      if ((k_classes[octet] & k_quoted_stop) == 0) {
        seen |= octet;
        continue;
      }
      if (octet == '"') {
        ++at;
        if ((seen & k_high_bit) != 0) flags |= k_flag_eight_bit;
        return TokenError::none;
      }
      error_at = at;
      if (octet != '\\') return TokenError::control;
      // RFC 9051 9: quoted-specials are the only characters that a backslash may precede.
      if (++at == text_.size()) break;
      if (text_[at] != '"' && text_[at] != '\\') return TokenError::bad_escape;
      flags |= k_flag_escaped;
    }
    error_at = opening;
    return TokenError::unterminated_quoted;
  }

  bool take_quoted(std::int32_t flags) noexcept {
    const std::size_t start = at_ + 1;
    std::size_t error_at = 0;
    const TokenError error = skip_quoted(at_, error_at, flags);
    if (error != TokenError::none) return fail(error, error_at);
    return emit(TokenKind::quoted, start, at_ - 1, flags);
  }

  bool take_atom(std::int32_t flags) noexcept {
    const std::size_t start = at_;
    std::uint8_t seen = 0;
    while (at_ < text_.size() && (k_classes[text_[at_]] & k_atom_stop) == 0) {
      const std::uint8_t octet = text_[at_++];
      seen |= octet;
      // A section is tried once more only while none has failed: a line of many `BODY[` must not cost its
      // square.
      if (octet != '[' || sections_failed_ || !is_section_item(text_.subspan(start, at_ - 1 - start)))
        continue;
      const std::size_t inside = at_;
      std::int32_t section_flags = flags;
      if (take_section(false, section_flags)) {
        flags = section_flags;
      } else {
        // Then "[" is an ordinary octet: `SELECT body[x` names a mailbox.
        sections_failed_ = true;
        at_ = inside;
      }
    }
    return finish_atom(start, flags, seen);
  }

  bool finish_atom(std::size_t start, std::int32_t flags, std::uint8_t seen) noexcept {
    if ((seen & k_high_bit) != 0) flags |= k_flag_eight_bit;
    return emit(TokenKind::atom, start, at_, flags);
  }

  /**
   * Moves from inside a section's brackets behind the closing one, or to the marker when that stands inside
   * the parentheses of a header list (then k_flag_open_section is set). Inside these, brackets are ordinary
   * octets of a field name, so that `BODY[HEADER.FIELDS (X[1])]` ends at its last bracket. False: not a
   * section; `at_` is where it failed.
   */
  bool take_section(bool in_parentheses, std::int32_t& flags) noexcept {
    while (at_ < text_.size()) {
      const std::uint8_t octet = text_[at_];
      if (octet == '"') {
        std::size_t error_at = 0;
        if (skip_quoted(at_, error_at, flags) != TokenError::none) return false;
        continue;
      }
      if (octet == '(' ? in_parentheses : (octet == ')' && !in_parentheses)) return false;
      if (octet == '{' || (k_classes[octet] & k_control) != 0) return false;
      if (octet == '(' || octet == ')') in_parentheses = octet == '(';
      if ((octet & k_high_bit) != 0) flags |= k_flag_eight_bit;
      ++at_;
      if (octet == ']' && !in_parentheses) return true;
    }
    if (!marker_.found || !in_parentheses) return false;
    flags |= k_flag_open_section;
    return true;
  }

  /** First token of a fragment that goes on inside a section; may be empty when a literal follows at once. */
  bool take_section_rest() noexcept {
    std::int32_t flags = k_flag_continued_section;
    if (!take_section(true, flags)) return fail(TokenError::bad_section, at_);
    std::uint8_t seen = 0;
    while (at_ < text_.size() && (k_classes[text_[at_]] & k_atom_stop) == 0) seen |= text_[at_++];
    return finish_atom(0, flags, seen);
  }

  void take_literal() noexcept {
    std::int32_t flags = space_before_marker_ ? k_flag_space_before : 0;
    const bool in_section = has_last_ && last_ == TokenKind::atom &&
                            (tokens_[fragment_.count - 1].flags & k_flag_open_section) != 0;
    if (!in_section && !is_separated(flags)) {
      fail(TokenError::missing_space, marker_.start);
      return;
    }
    if (marker_.non_sync) flags |= k_flag_non_sync;
    if (marker_.binary) flags |= k_flag_binary;
    emit(TokenKind::literal, marker_.start, marker_.end, flags, marker_.size);
  }

  const Marker marker_;
  /** The fragment without its marker. */
  const std::span<const std::uint8_t> text_;
  const std::span<Token> tokens_;
  Fragment fragment_;
  std::size_t at_ = 0;
  TokenKind last_ = TokenKind::atom;
  bool has_last_ = false;
  bool sections_failed_ = false;
  bool space_before_marker_ = false;
};

}  // namespace

Fragment tokenize(std::span<const std::uint8_t> text, FragmentStart start, std::span<Token> tokens) noexcept {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    Fragment refused;
    refused.error = TokenError::too_long;
    return refused;
  }
  return Tokenizer(text, tokens).run(start);
}

}  // namespace tegu::imap
