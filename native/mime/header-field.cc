// Implementation of header-field.h.
#include "mime/header-field.h"

#include <algorithm>
#include <cstring>

#include "bytes/ascii.h"
#include "bytes/utf8.h"

namespace tegu::mime {

using bytes::is_class;
using bytes::k_line_end;
using bytes::k_wsp;

std::size_t HeaderReader::line_end(std::size_t from) const noexcept {
  const void* const lf = std::memchr(header_.data() + from, '\n', header_.size() - from);
  if (lf == nullptr) return header_.size();
  return static_cast<std::size_t>(static_cast<const std::uint8_t*>(lf) - header_.data()) + 1;
}

bool HeaderReader::next(HeaderField& field) noexcept {
  const std::size_t start = position_;
  if (start == header_.size() || header_[start] == '\n') return false;
  if (header_[start] == '\r' && start + 1 < header_.size() && header_[start + 1] == '\n') return false;
  const std::size_t first_line_end = line_end(start);
  std::size_t end = first_line_end;
  // RFC 5322 4.2: a line of white space alone continues the field too.
  while (end < header_.size() && is_class(header_[end], k_wsp)) end = line_end(end);
  position_ = end;

  std::size_t value_end = end;
  if (value_end > start && header_[value_end - 1] == '\n') --value_end;
  if (value_end > start && header_[value_end - 1] == '\r') --value_end;
  const std::string_view first_line =
      bytes::as_text(header_.subspan(start, std::min(first_line_end, value_end) - start));
  const std::size_t colon = first_line.find(':');
  const bool has_name = colon != std::string_view::npos;
  std::size_t name_size = has_name ? colon : 0;
  while (name_size > 0 && is_class(first_line[name_size - 1], k_wsp)) --name_size;
  const std::size_t value_start = has_name ? start + colon + 1 : start;
  field.name = first_line.substr(0, name_size);
  field.value = header_.subspan(value_start, value_end - value_start);
  field.start = start;
  field.end = end;
  return true;
}

void append_unfolded(std::string& out, Bytes value) noexcept {
  std::size_t i = 0;
  while (i < value.size() && is_class(value[i], k_wsp)) ++i;
  // A first line of white space alone loses only the one octet that customarily follows the colon.
  if (i < value.size() && is_class(value[i], k_line_end)) i = std::min<std::size_t>(i, 1);
  for (; i < value.size(); ++i) {
    const std::uint8_t octet = value[i];
    if (is_class(octet, k_line_end)) {
      const bool folds = i + 1 == value.size() || is_class(value[i + 1], k_wsp | k_line_end);
      if (!folds) out.push_back(' ');
    } else if (octet == 0) {
      bytes::append_utf8(out, bytes::k_replacement);
    } else {
      out.push_back(static_cast<char>(octet));
    }
  }
}

}  // namespace tegu::mime
