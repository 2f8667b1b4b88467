// See uid-list.h.
#include "maildir/uid-list.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace tegu::maildir {
namespace {

/** Takes one line without its LF. False at the end of the text; a last line without LF was cut and counts as
 * bad. */
class Lines {
 public:
  explicit Lines(std::string_view text) noexcept : rest_(text) {}

  bool take(std::string_view& line) noexcept {
    if (rest_.empty()) return false;
    ++number_;
    const std::size_t end = rest_.find('\n');
    is_cut_ = end == std::string_view::npos;
    line = rest_.substr(0, end);
    rest_.remove_prefix(is_cut_ ? rest_.size() : end + 1);
    return true;
  }

  [[nodiscard]] std::int64_t number() const noexcept { return number_; }
  [[nodiscard]] bool is_cut() const noexcept { return is_cut_; }

 private:
  std::string_view rest_;
  std::int64_t number_ = 0;
  bool is_cut_ = false;
};

/** A whole decimal number below 2^32; nullopt for anything else. */
std::optional<std::uint32_t> parse_number(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 10) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

/** Takes the text up to the next space, and that space. */
std::string_view take_word(std::string_view& text) noexcept {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

/** The two numbers every header has. IMAP needs both to be at least 1 (RFC 9051 2.3.1.1). */
bool set_header(UidList& list, std::optional<std::uint32_t> validity,
                std::optional<std::uint32_t> next) noexcept {
  list.uid_validity = validity.value_or(0);
  list.uid_next = next.value_or(0);
  return list.uid_validity != 0 && list.uid_next != 0;
}

bool parse_header(std::string_view line, UidList& list) noexcept {
  const std::string_view version = take_word(line);
  if (version == "1") {
    list.version = 1;
    const auto validity = parse_number(take_word(line));
    return set_header(list, validity, parse_number(take_word(line)));
  }
  if (version != "3") return false;
  list.version = 3;
  std::optional<std::uint32_t> validity;
  std::optional<std::uint32_t> next;
  while (!line.empty()) {
    const std::string_view field = take_word(line);
    if (field.starts_with('V')) validity = parse_number(field.substr(1));
    if (field.starts_with('N')) next = parse_number(field.substr(1));
  }
  return set_header(list, validity, next);
}

/** The file name part of an entry, cut to its base; empty when there is none. */
std::string_view name_part(std::string_view rest, std::uint32_t version) noexcept {
  while (version == 3) {
    // Extensions are a letter and a value each; the name begins with a colon.
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
      break;
    }
    if (take_word(rest).empty()) return {};
  }
  return rest.substr(0, rest.find(':'));
}

bool parse_entry(std::string_view line, UidList& list) {
  using namespace std::string_view_literals;
  const auto uid = parse_number(take_word(line));
  const std::uint32_t last = list.uids.empty() ? 0 : list.uids.back();
  if (!uid || *uid <= last || *uid == std::numeric_limits<std::uint32_t>::max()) return false;
  if (list.version == 1 && *uid >= list.uid_next) return false;
  const std::string_view name = name_part(line, list.version);
  if (name.empty() || name.front() == '.' || name.find_first_of("/\0"sv) != std::string_view::npos)
    return false;
  if (list.names.size() + name.size() > std::numeric_limits<std::uint32_t>::max()) return false;
  list.uids.push_back(*uid);
  list.names += name;
  list.name_offsets.push_back(static_cast<std::uint32_t>(list.names.size()));
  list.uid_next = std::max(list.uid_next, *uid + 1);
  return true;
}

/** An IMAP keyword as it may stand in the file: no space, control or empty text. */
bool is_keyword(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x20 && octet != 0x7f;
  });
}

bool parse_keyword(std::string_view line, KeywordList& list) {
  const auto index = parse_number(take_word(line));
  if (!index || !is_keyword(line)) return false;
  if (*index >= KeywordList::k_letters) return true;
  std::string& name = list.names[*index];
  if (!name.empty()) return false;
  name = line;
  return true;
}

}  // namespace

UidList parse_uid_list(std::string_view text) {
  UidList list;
  Lines lines(text);
  std::string_view line;
  if (!lines.take(line) || lines.is_cut() || !parse_header(line, list)) {
    UidList nothing;
    nothing.error_line = 1;
    return nothing;
  }
  while (lines.take(line)) {
    if (!lines.is_cut() && parse_entry(line, list)) continue;
    list.error_line = lines.number();
    break;
  }
  return list;
}

KeywordList parse_keyword_list(std::string_view text) {
  KeywordList list;
  Lines lines(text);
  std::string_view line;
  while (lines.take(line)) {
    if (!lines.is_cut() && parse_keyword(line, list)) continue;
    list.error_line = lines.number();
    break;
  }
  return list;
}

}  // namespace tegu::maildir
