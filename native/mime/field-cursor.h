// Lexer of structured field bodies (RFC 5322 3.2, RFC 2045 5.1): comments, quoted strings, atoms, tokens.
//
// Works on raw field values, folds included: CR and LF count as white space. Total: an unterminated comment
// or quoted string reaches to the end. Comments nest without recursion. Every take moves forward or leaves
// the cursor alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bytes/ascii.h"
#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

class FieldCursor {
 public:
  explicit FieldCursor(Bytes text) noexcept : text_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return position_ == text_.size(); }
  /** The octet at the cursor, NUL at the end; a caller that must tell the two apart asks at_end(). */
  [[nodiscard]] std::uint8_t peek() const noexcept { return at_end() ? std::uint8_t{0} : text_[position_]; }
  [[nodiscard]] bool is_at(char octet) const noexcept {
    return !at_end() && text_[position_] == static_cast<std::uint8_t>(octet);
  }
  void step() noexcept { position_ += at_end() ? 0 : 1; }
  /** Steps over `octet` if it is the next one. */
  bool take(char octet) noexcept {
    if (!is_at(octet)) return false;
    ++position_;
    return true;
  }

  /**
   * Skips white space, line ends and comments (CFWS). With `comment` the text of the last comment replaces
   * what is in it: quoted pairs resolved, line ends taken out, inner parentheses kept.
   */
  void skip_cfws(std::string* comment = nullptr) noexcept;

  /** The longest run of octets with one of `classes` (AsciiClass bits) or in `more`; empty when there is
   * none. */
  std::string_view take_run(unsigned classes, std::string_view more = {}) noexcept;

  /** Appends the content of the quoted string at the cursor, which must be at its opening quote. */
  void take_quoted(std::string& out) noexcept;

  /** Appends a domain literal "[...]" with its brackets; false, and the cursor at the end or at "[", when it
   * is broken. */
  [[nodiscard]] bool take_domain_literal(std::string& out) noexcept;

  /** Moves to the next octet of `stops` outside quoted strings and comments, or to the end. */
  void skip_to(std::string_view stops) noexcept;

 private:
  void skip_comment(std::string* comment) noexcept;
  void append(std::string& out, std::uint8_t octet) const noexcept;

  Bytes text_;
  std::size_t position_ = 0;
};

}  // namespace tegu::mime
