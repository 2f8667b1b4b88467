// IMAP strings out of foreign octets: quoted where that is safe, literals where it is not (RFC 9051 4.3,
// I06).
//
// Whatever the octets are, the result is one well-formed string: quotes and backslashes are escaped, CR, LF
// and 8-bit octets go into a literal, NUL, which may stand nowhere, becomes U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tegu::mime {

/** Appends a quoted string or literal. */
void append_imap_string(std::string& out, std::string_view text) noexcept;

/** Appends a string for people (Subject, display name): runs of white space become one space, ends are
 * trimmed. */
void append_imap_phrase(std::string& out, std::string_view text) noexcept;

/** Appends a decimal number. */
void append_number(std::string& out, std::uint64_t number) noexcept;

}  // namespace tegu::mime
