// Codec of Maildir file names: `base,S=octets,W=octets:2,FLAGS[,more]`.
//
// The base is everything before the first `:` (as Dovecot and Courier cut it) and identifies the message for
// life; the sizes are fields of the base. Total: any octets parse, what is not understood is kept by
// with_flags. Flags are one letter each: capitals as of the Maildir specification, a..z for the 26 keywords
// of dovecot-keywords.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tegu::maildir {

/** Bits of MaildirName::flags; keyword letter a is bit 5, z is bit 30. */
enum : std::uint32_t {
  k_flag_answered = 1U << 0,  // R
  k_flag_flagged = 1U << 1,   // F
  k_flag_deleted = 1U << 2,   // T
  k_flag_seen = 1U << 3,      // S
  k_flag_draft = 1U << 4,     // D
};
constexpr unsigned k_first_keyword_bit = 5;
constexpr std::uint32_t k_all_flags = (1U << 31) - 1;

struct MaildirName {
  std::size_t base_length = 0;
  /** S= value: octets of the file; -1 when absent or not a number below 2^53. */
  std::int64_t size = -1;
  /** W= value: octets with CRLF line ends; -1 likewise. */
  std::int64_t virtual_size = -1;
  std::uint32_t flags = 0;
};

[[nodiscard]] MaildirName parse_maildir_name(std::string_view name) noexcept;

/** Same base with exactly the flags given; flag letters we do not know and fields after the flags are kept.
 */
[[nodiscard]] std::string with_flags(std::string_view name, std::uint32_t flags);

}  // namespace tegu::maildir
