// Implementation of search-folding.h.
#include "mime/search-folding.h"

#include "bytes/ascii.h"
#include "bytes/case-folding.h"
#include "bytes/utf8.h"

namespace tegu::mime {
namespace {

constexpr char32_t k_no_break_space = 0xa0;
constexpr char32_t k_io = 0x451;
constexpr char32_t k_ie = 0x435;

}  // namespace

void SearchFolder::feed(std::string_view text, std::string& out) noexcept {
  bytes::Bytes rest = bytes::as_bytes(text);
  while (!rest.empty()) {
    const std::uint8_t first = rest[0];
    if (first < 0x80) {
      rest = rest.subspan(1);
      const bool is_space = bytes::is_class(first, bytes::k_wsp | bytes::k_line_end);
      if (!is_space) {
        out.push_back(bytes::ascii_lower(static_cast<char>(first)));
      } else if (!after_space_) {
        out.push_back(' ');
      }
      after_space_ = is_space;
      continue;
    }
    const bytes::Utf8Step step = bytes::utf8_first(rest);
    rest = rest.subspan(step.length);
    const char32_t folded = bytes::fold_case(step.code_point);
    if (folded == k_no_break_space) {
      if (!after_space_) out.push_back(' ');
      after_space_ = true;
      continue;
    }
    bytes::append_utf8(out, folded == k_io ? k_ie : folded);
    after_space_ = false;
  }
}

std::string fold_for_search(std::string_view text) noexcept {
  std::string out;
  SearchFolder folder;
  folder.feed(text, out);
  return out;
}

}  // namespace tegu::mime
