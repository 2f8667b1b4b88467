// See maildir-name.h.
#include "maildir/maildir-name.h"

#include <algorithm>

namespace tegu::maildir {
namespace {

constexpr std::int64_t k_max_size = (std::int64_t{1} << 53) - 1;
constexpr std::string_view k_info = "2,";

/** Bit of a flag letter, 0 when it is not one of ours. */
std::uint32_t bit_of(char letter) noexcept {
  switch (letter) {
    case 'R':
      return k_flag_answered;
    case 'F':
      return k_flag_flagged;
    case 'T':
      return k_flag_deleted;
    case 'S':
      return k_flag_seen;
    case 'D':
      return k_flag_draft;
    default:
      break;
  }
  if (letter < 'a' || letter > 'z') return 0;
  return 1U << (k_first_keyword_bit + static_cast<unsigned>(letter - 'a'));
}

/** Letters of the flags in ASCII order, as every Maildir reader expects them. */
std::string letters_of(std::uint32_t flags) {
  std::string letters;
  for (const char letter : std::string_view("DFRSTabcdefghijklmnopqrstuvwxyz")) {
    if ((flags & bit_of(letter)) != 0) letters += letter;
  }
  return letters;
}

/** Digits up to a comma or the end; -1 for anything else. */
std::int64_t number_field(std::string_view text) noexcept {
  const std::string_view digits = text.substr(0, text.find(','));
  if (digits.empty()) return -1;
  std::int64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
    if (value > k_max_size) return -1;
  }
  return value;
}

/** Flag letters of `name` and what follows them (with its comma). */
struct Info {
  std::string_view letters;
  std::string_view rest;
};

Info info_of(std::string_view name, std::size_t base_length) noexcept {
  if (base_length == name.size()) return {};
  std::string_view info = name.substr(base_length + 1);
  if (!info.starts_with(k_info)) return {};
  info.remove_prefix(k_info.size());
  const std::size_t comma = std::min(info.find(','), info.size());
  return {info.substr(0, comma), info.substr(comma)};
}

}  // namespace

MaildirName parse_maildir_name(std::string_view name) noexcept {
  MaildirName parsed;
  parsed.base_length = std::min(name.find(':'), name.size());
  const std::string_view base = name.substr(0, parsed.base_length);
  for (std::size_t comma = base.find(','); comma != std::string_view::npos;
       comma = base.find(',', comma + 1)) {
    const std::string_view field = base.substr(comma + 1);
    if (field.starts_with("S=") && parsed.size < 0) parsed.size = number_field(field.substr(2));
    if (field.starts_with("W=") && parsed.virtual_size < 0)
      parsed.virtual_size = number_field(field.substr(2));
  }
  for (const char letter : info_of(name, parsed.base_length).letters) parsed.flags |= bit_of(letter);
  return parsed;
}

std::string with_flags(std::string_view name, std::uint32_t flags) {
  const std::size_t base_length = std::min(name.find(':'), name.size());
  const Info info = info_of(name, base_length);
  std::string letters = letters_of(flags);
  for (const char letter : info.letters) {
    // Such as P (passed), which IMAP has only as a keyword: another program set it and may still need it.
    if (bit_of(letter) == 0) letters += letter;
  }
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  std::string result(name.substr(0, base_length));
  result += ':';
  result += k_info;
  result += letters;
  result += info.rest;
  return result;
}

}  // namespace tegu::maildir
