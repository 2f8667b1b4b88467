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

// Folding never needs more than three octets for two, nor for one that is invalid.
void SearchFolder::feed(std::string_view text, std::string& out) noexcept {
  const std::size_t before = out.size();
  out.resize(before + 3 * text.size());
  char* to = out.data() + before;
  bytes::Bytes rest = bytes::as_bytes(text);
  while (!rest.empty()) {
    const std::uint8_t first = rest[0];
    if (first < 0x80) {
      rest = rest.subspan(1);
      const bool is_space = bytes::is_class(first, bytes::k_wsp | bytes::k_line_end);
      *to = is_space ? ' ' : bytes::ascii_lower(static_cast<char>(first));
      to += is_space && after_space_ ? 0 : 1;
      after_space_ = is_space;
      continue;
    }
    char32_t code;
    if (first >= 0xc2 && first < 0xe0 && rest.size() > 1 && (rest[1] & 0xc0) == 0x80) {
      // Two octets: Latin with accents, Greek, Cyrillic.
      code = static_cast<char32_t>((first & 0x1f) << 6 | (rest[1] & 0x3f));
      rest = rest.subspan(2);
    } else {
      const bytes::Utf8Step step = bytes::utf8_first(rest);
      rest = rest.subspan(step.length);
      code = step.code_point;
    }
    const char32_t folded = bytes::fold_case(code);
    if (folded == k_no_break_space) {
      *to = ' ';
      to += after_space_ ? 0 : 1;
      after_space_ = true;
      continue;
    }
    to += bytes::write_utf8(to, folded == k_io ? k_ie : folded);
    after_space_ = false;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::string fold_for_search(std::string_view text) noexcept {
  std::string out;
  SearchFolder folder;
  folder.feed(text, out);
  return out;
}

}  // namespace tegu::mime
