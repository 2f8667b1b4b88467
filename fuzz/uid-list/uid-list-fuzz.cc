// dovecot-uidlist, and the same octets as dovecot-keywords.
//
// Oracles: UIDs ascend and stay below the next UID, names are names; a list written out of the result parses
// to the same result without an error (fixpoint); a text cut at any line gives a beginning of the result.
#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "maildir/uid-list.h"

namespace {

using tegu::maildir::UidList;

std::string written(const UidList& list) {
  std::string text = "3 V" + std::to_string(list.uid_validity) + " N" + std::to_string(list.uid_next) + "\n";
  for (std::size_t i = 0; i < list.uids.size(); ++i) {
    text += std::to_string(list.uids[i]) + " :";
    text += list.names.substr(list.name_offsets[i], list.name_offsets[i + 1] - list.name_offsets[i]) + "\n";
  }
  return text;
}

void check_shape(const UidList& list) {
  FUZZ_ASSERT(list.name_offsets.size() == list.uids.size() + 1);
  FUZZ_ASSERT(list.name_offsets.front() == 0 && list.name_offsets.back() == list.names.size());
  for (std::size_t i = 0; i < list.uids.size(); ++i) {
    FUZZ_ASSERT(list.uids[i] > (i == 0 ? 0 : list.uids[i - 1]) && list.uids[i] < list.uid_next);
    FUZZ_ASSERT(list.name_offsets[i] < list.name_offsets[i + 1]);
    FUZZ_ASSERT(list.names[list.name_offsets[i]] != '.');
  }
  FUZZ_ASSERT(list.names.find('/') == std::string::npos && list.names.find('\0') == std::string::npos);
}

}  // namespace

FUZZ_TARGET(data) {
  using tegu::maildir::parse_keyword_list;
  using tegu::maildir::parse_uid_list;
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  const UidList list = parse_uid_list(text);
  check_shape(list);
  if (list.uid_validity != 0) {
    const UidList again = parse_uid_list(written(list));
    FUZZ_ASSERT(again.error_line == -1 && again.uids == list.uids && again.names == list.names);
    FUZZ_ASSERT(again.uid_validity == list.uid_validity && again.uid_next == list.uid_next);
  }
  const std::size_t half = text.substr(0, text.size() / 2).rfind('\n');
  const UidList part = parse_uid_list(text.substr(0, half == std::string_view::npos ? 0 : half + 1));
  FUZZ_ASSERT(part.uids.size() <= list.uids.size());
  FUZZ_ASSERT(std::equal(part.uids.begin(), part.uids.end(), list.uids.begin()));

  const auto keywords = parse_keyword_list(text);
  for (const std::string& name : keywords.names)
    FUZZ_ASSERT(name.find_first_of(" \n\r") == std::string::npos);
}
