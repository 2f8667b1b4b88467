// Implementation of text-collector.h.
#include "mime/text-collector.h"

#include <algorithm>

#include "bytes/utf8.h"

namespace tegu::mime {

void TextCollector::begin_text(bool in_body) noexcept {
  current_ = in_body ? &body_ : &header_;
  take_text(std::string_view(&k_text_separator, 1));
}

void TextCollector::take_text(std::string_view folded) noexcept {
  if (!is_whole_) return;
  const std::size_t room = max_bytes_ - std::min(max_bytes_, header_.size() + body_.size());
  if (folded.size() > room) {
    is_whole_ = false;
    // The strings stay UTF-8: a character is left out whole.
    std::size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(folded[end]) & 0xc0) == 0x80) --end;
    folded = folded.substr(0, end);
  }
  const std::size_t before = current_->size();
  current_->append(folded);
  std::replace(current_->begin() + static_cast<std::ptrdiff_t>(before), current_->end(), '\0',
               k_text_separator);
}

}  // namespace tegu::mime
