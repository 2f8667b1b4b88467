// Untagged FETCH responses with FLAGS, and UID and MODSEQ where asked for, of many messages in one buffer
// (RFC 9051 7.5.2, RFC 7162 3.1.4.2).
//
// This is what a client gets for `FETCH 1:* FLAGS` when it opens a mailbox of 100,000 messages, so it is
// measured in rows a microsecond: two passes (size, octets), and a small table of the flag lists met so far.
// Keyword names that are not atoms are left out: one written by another program into the Maildir must neither
// break the response nor forge one (I06).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tegu::imap {

/** Bits of a row's flags: five system flags, then keyword letters a..z, then \Recent. */
constexpr std::uint32_t k_flag_answered = 1u << 0;
constexpr std::uint32_t k_flag_flagged = 1u << 1;
constexpr std::uint32_t k_flag_deleted = 1u << 2;
constexpr std::uint32_t k_flag_seen = 1u << 3;
constexpr std::uint32_t k_flag_draft = 1u << 4;
constexpr std::uint32_t k_first_keyword_bit = 5;
constexpr std::size_t k_max_keywords = 26;
constexpr std::uint32_t k_flag_recent = 1u << 31;

/** The texts between the parentheses of FLAGS for any combination of bits. Holds no reference to row data. */
class FlagTexts {
 public:
  /** `keywords` are borrowed for the object's life; entries beyond k_max_keywords are not reachable by a bit.
   */
  explicit FlagTexts(std::span<const std::string_view> keywords) noexcept;

  /** Length of the list of `flags`. */
  [[nodiscard]] std::size_t size(std::uint32_t flags) noexcept { return slot(flags).size; }

  /** Writes the list at `out`; returns the octet behind. */
  char* write(char* out, std::uint32_t flags) noexcept;

 private:
  static constexpr std::size_t k_slot_count = 256;
  static constexpr std::size_t k_slot_text = 56;

  /** Longer lists keep only their size here and are written afresh. */
  struct Slot {
    std::uint32_t flags = 0;
    std::uint32_t size = 0;
    std::array<char, k_slot_text> text{};
  };

  Slot& slot(std::uint32_t flags) noexcept;
  std::size_t measure(std::uint32_t flags) const noexcept;
  char* compose(char* out, std::uint32_t flags) const noexcept;

  /** Name of each bit, empty where there is none. */
  std::array<std::string_view, 32> names_;
  /** Bits that have a name. */
  std::uint32_t known_ = 0;
  /** Slot 0 is right from the start: no flags, empty text. All other slots are keyed by their flags. */
  std::array<Slot, k_slot_count> slots_{};
};

/** Columns of the rows, all of the same length, and what to send of them. */
struct FlagRows {
  std::span<const std::uint32_t> seqs;
  std::span<const std::uint32_t> uids;
  std::span<const std::uint32_t> flags;
  /** Modification sequences, integers below 2^53 as JavaScript holds them; others are clamped to 0..2^53-1.
   */
  std::span<const double> mod_seqs;
  bool with_uid = false;
  bool with_mod_seq = false;
  /** `* uid UIDFETCH (` in place of `* seq FETCH (` (RFC 9586 3.3); with_uid is then left out. */
  bool uid_only = false;
};

/** Octets of the responses for rows [from, to). */
[[nodiscard]] std::size_t flag_rows_size(const FlagRows& rows, std::size_t from, std::size_t to,
                                         FlagTexts& texts) noexcept;

/** Writes them; `out` has room for flag_rows_size octets. */
void write_flag_rows(const FlagRows& rows, std::size_t from, std::size_t to, FlagTexts& texts,
                     char* out) noexcept;

}  // namespace tegu::imap
