// Implementation of flag-rows.h.
#include "imap/flag-rows.h"

#include <algorithm>
#include <bit>

#include "imap/decimal.h"

namespace tegu::imap {
namespace {

constexpr std::string_view k_row_start = "* ";
constexpr std::string_view k_fetch = " FETCH (";
constexpr std::string_view k_uid_fetch = " UIDFETCH (";
constexpr std::string_view k_uid = "UID ";
constexpr std::string_view k_flags = "FLAGS (";
constexpr std::string_view k_mod_seq = ") MODSEQ (";
constexpr std::string_view k_row_end = ")\r\n";

/** RFC 9051 9: flag-keyword = atom; a backslash would make it a system flag. */
bool is_atom(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) {
    constexpr std::string_view k_specials = "(){%*\"\\]";
    return c > 0x20 && c < 0x7f && k_specials.find(c) == std::string_view::npos;
  });
}

std::uint64_t to_mod_seq(double value) noexcept {
  constexpr double k_largest = 9007199254740991.0;
  if (!(value >= 1)) return 0;  // NaN too.
  return static_cast<std::uint64_t>(std::min(value, k_largest));
}

}  // namespace

FlagTexts::FlagTexts(std::span<const std::string_view> keywords) noexcept {
  names_[std::countr_zero(k_flag_answered)] = "\\Answered";
  names_[std::countr_zero(k_flag_flagged)] = "\\Flagged";
  names_[std::countr_zero(k_flag_deleted)] = "\\Deleted";
  names_[std::countr_zero(k_flag_seen)] = "\\Seen";
  names_[std::countr_zero(k_flag_draft)] = "\\Draft";
  names_[std::countr_zero(k_flag_recent)] = "\\Recent";
  const std::size_t count = std::min(keywords.size(), k_max_keywords);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_atom(keywords[i])) names_[k_first_keyword_bit + i] = keywords[i];
  }
  for (std::size_t bit = 0; bit < names_.size(); ++bit) {
    if (!names_[bit].empty()) known_ |= 1u << bit;
  }
}

FlagTexts::Slot& FlagTexts::slot(std::uint32_t flags) noexcept {
  flags &= known_;
  // Multiplicative hashing spreads the low bits, of which mail uses few; flags 0 always falls on slot 0.
  Slot& slot = slots_[(flags * 0x9e3779b1u) >> 24];
  if (slot.flags != flags) {
    slot.flags = flags;
    slot.size = static_cast<std::uint32_t>(measure(flags));
    if (slot.size <= k_slot_text) compose(slot.text.data(), flags);
  }
  return slot;
}

std::size_t FlagTexts::measure(std::uint32_t flags) const noexcept {
  std::size_t size = 0;
  for (std::uint32_t rest = flags; rest != 0; rest &= rest - 1) {
    size += names_[static_cast<std::size_t>(std::countr_zero(rest))].size() + 1;
  }
  return size > 0 ? size - 1 : 0;
}

char* FlagTexts::compose(char* out, std::uint32_t flags) const noexcept {
  for (std::uint32_t rest = flags; rest != 0; rest &= rest - 1) {
    if (rest != flags) *out++ = ' ';
    out = write_text(out, names_[static_cast<std::size_t>(std::countr_zero(rest))]);
  }
  return out;
}

char* FlagTexts::write(char* out, std::uint32_t flags) noexcept {
  const Slot& known = slot(flags);
  if (known.size > k_slot_text) return compose(out, known.flags);
  return write_text(out, {known.text.data(), known.size});
}

std::size_t flag_rows_size(const FlagRows& rows, std::size_t from, std::size_t to,
                           FlagTexts& texts) noexcept {
  const bool with_uid = rows.with_uid && !rows.uid_only;
  const std::span<const std::uint32_t> numbers = rows.uid_only ? rows.uids : rows.seqs;
  std::size_t fixed = k_row_start.size() + (rows.uid_only ? k_uid_fetch : k_fetch).size() + k_flags.size() +
                      1 + k_row_end.size();
  if (with_uid) fixed += k_uid.size() + 1;
  if (rows.with_mod_seq) fixed += k_mod_seq.size();
  std::size_t size = fixed * (to - from);
  for (std::size_t i = from; i < to; ++i) {
    size += decimal_length(numbers[i]) + texts.size(rows.flags[i]);
    if (with_uid) size += decimal_length(rows.uids[i]);
    if (rows.with_mod_seq) size += decimal_length(to_mod_seq(rows.mod_seqs[i]));
  }
  return size;
}

void write_flag_rows(const FlagRows& rows, std::size_t from, std::size_t to, FlagTexts& texts,
                     char* out) noexcept {
  const bool with_uid = rows.with_uid && !rows.uid_only;
  const std::span<const std::uint32_t> numbers = rows.uid_only ? rows.uids : rows.seqs;
  for (std::size_t i = from; i < to; ++i) {
    out = write_text(out, k_row_start);
    out = write_decimal(out, numbers[i]);
    out = write_text(out, rows.uid_only ? k_uid_fetch : k_fetch);
    if (with_uid) {
      out = write_text(out, k_uid);
      out = write_decimal(out, rows.uids[i]);
      *out++ = ' ';
    }
    out = write_text(out, k_flags);
    out = texts.write(out, rows.flags[i]);
    if (rows.with_mod_seq) {
      out = write_text(out, k_mod_seq);
      out = write_decimal(out, to_mod_seq(rows.mod_seqs[i]));
    }
    *out++ = ')';
    out = write_text(out, k_row_end);
  }
}

}  // namespace tegu::imap
