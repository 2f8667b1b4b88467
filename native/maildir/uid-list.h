// Parsers of the two files in which Dovecot keeps what Maildir names cannot hold: dovecot-uidlist and
// dovecot-keywords.
//
// Pure and total. The files come from another program and may be cut or damaged: everything before the first
// bad line is returned, with the number of that line. File names are checked to be names (no `/`, no NUL),
// since they become paths.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tegu::maildir {

/** dovecot-uidlist, version 3 (`3 V<validity> N<next> G<guid>`, `uid [ext …] :name`) or 1 (`1 validity next`,
 * `uid name`). */
struct UidList {
  std::uint32_t version = 0;
  std::uint32_t uid_validity = 0;
  /** Larger than every UID of the list, even where the header was not rewritten after the last lines were
   * appended. */
  std::uint32_t uid_next = 0;
  /** Ascending. */
  std::vector<std::uint32_t> uids;
  /** Base names (cut at `:`) back to back; name i is [name_offsets[i], name_offsets[i+1]). */
  std::string names;
  std::vector<std::uint32_t> name_offsets{0};
  /** 1-based number of the first bad line, -1 when all are good. With a bad header nothing is returned. */
  std::int64_t error_line = -1;
};

[[nodiscard]] UidList parse_uid_list(std::string_view text);

/** dovecot-keywords: `index name` a line; index 0 is letter a. Lines past letter z have no letter and are
 * left out. */
struct KeywordList {
  static constexpr unsigned k_letters = 26;
  /** Empty where a letter has no keyword. */
  std::array<std::string, k_letters> names;
  std::int64_t error_line = -1;
};

[[nodiscard]] KeywordList parse_keyword_list(std::string_view text);

}  // namespace tegu::maildir
