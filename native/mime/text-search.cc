// Implementation of text-search.h.
#include "mime/text-search.h"

#include <utility>

namespace tegu::mime {

SubstringFinder::SubstringFinder(std::string needle) noexcept
    : needle_(std::move(needle)), border_(needle_.size()) {
  for (std::uint32_t i = 1, length = 0; i < needle_.size(); ++i) {
    while (length > 0 && needle_[i] != needle_[length]) length = border_[length - 1];
    if (needle_[i] == needle_[length]) ++length;
    border_[i] = length;
  }
}

bool SubstringFinder::feed(std::string_view piece) noexcept {
  if (needle_.empty()) return true;
  const char* const needle = needle_.data();
  const std::size_t size = needle_.size();
  // Searching for the first octet pays where it is rare; the lead octets of one alphabet are every second
  // octet of a text.
  const bool skips = static_cast<unsigned char>(needle[0]) < 0x80;
  std::uint32_t matched = matched_;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (matched == 0 && skips) {
      i = piece.find(needle[0], i);
      if (i == std::string_view::npos) break;
    }
    const char octet = piece[i];
    while (matched != 0 && octet != needle[matched]) matched = border_[matched - 1];
    if (octet == needle[matched]) ++matched;
    if (matched == size) {
      matched_ = 0;
      return true;
    }
  }
  matched_ = matched;
  return false;
}

TextSearch::TextSearch(const ParseLimits& limits, bool lf_to_crlf, std::string_view needle,
                       bool include_header) noexcept
    : finder_(fold_for_search(needle)),
      is_found_(finder_.feed("")),
      text_(limits, lf_to_crlf, include_header, *this) {}

}  // namespace tegu::mime
