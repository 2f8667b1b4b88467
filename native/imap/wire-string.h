// IMAP strings of a response (RFC 9051 9 string): quoted where that is legal and short, else a literal.
//
// The value is measured, then written into a buffer of exactly that size. Octets are never changed: what a
// quoted string cannot hold goes into a literal as it is, so that no mailbox name, header value or file name
// can end the string and forge a response (I06). A literal with NUL is not CHAR8; only BINARY data may hold
// it, and its sender asks for literal8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tegu::imap {

/** Longest text that is quoted. RFC 2683 3.2.1.5: clients with small line buffers like short lines. */
constexpr std::size_t k_max_quoted_octets = 512;

/** How one string is sent. */
struct StringPlan {
  bool is_literal = false;
  /** Octets on the wire, quotes or literal marker included. */
  std::size_t size = 0;
};

/** `allow_eight_bit`: the session has UTF8=ACCEPT or IMAP4rev2 enabled, and `text` is UTF-8 (RFC 6855 3). */
[[nodiscard]] StringPlan plan_string(std::span<const std::uint8_t> text, bool allow_eight_bit) noexcept;

/** Writes `text` as planned; `out` has room for plan.size octets. Returns the octet behind. */
char* write_string(char* out, std::span<const std::uint8_t> text, const StringPlan& plan) noexcept;

}  // namespace tegu::imap
