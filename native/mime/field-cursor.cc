// Implementation of field-cursor.h.
#include "mime/field-cursor.h"

#include "bytes/utf8.h"

namespace tegu::mime {

using bytes::is_class;
using bytes::k_line_end;
using bytes::k_wsp;

// NUL may not stand in an IMAP literal (RFC 9051 9, CHAR8), so it never gets into a value.
void FieldCursor::append(std::string& out, std::uint8_t octet) const noexcept {
  if (octet == 0) {
    bytes::append_utf8(out, bytes::k_replacement);
  } else {
    out.push_back(static_cast<char>(octet));
  }
}

void FieldCursor::skip_comment(std::string* comment) noexcept {
  if (comment != nullptr) comment->clear();
  ++position_;
  for (std::size_t depth = 1; !at_end(); ++position_) {
    std::uint8_t octet = text_[position_];
    if (octet == '\\' && position_ + 1 < text_.size()) {
      octet = text_[++position_];
    } else if (octet == '(') {
      ++depth;
    } else if (octet == ')' && --depth == 0) {
      ++position_;
      return;
    }
    if (comment != nullptr && !is_class(octet, k_line_end)) append(*comment, octet);
  }
}

void FieldCursor::skip_cfws(std::string* comment) noexcept {
  while (!at_end()) {
    if (is_class(text_[position_], k_wsp | k_line_end)) {
      ++position_;
    } else if (text_[position_] == '(') {
      skip_comment(comment);
    } else {
      return;
    }
  }
}

std::string_view FieldCursor::take_run(unsigned classes, std::string_view more) noexcept {
  const std::size_t start = position_;
  while (!at_end() && (is_class(text_[position_], classes) ||
                       more.find(static_cast<char>(text_[position_])) != std::string_view::npos)) {
    ++position_;
  }
  return bytes::as_text(text_.subspan(start, position_ - start));
}

void FieldCursor::take_quoted(std::string& out) noexcept {
  ++position_;
  for (; !at_end(); ++position_) {
    std::uint8_t octet = text_[position_];
    if (octet == '"') {
      ++position_;
      return;
    }
    if (octet == '\\' && position_ + 1 < text_.size()) octet = text_[++position_];
    if (!is_class(octet, k_line_end)) append(out, octet);
  }
}

bool FieldCursor::take_domain_literal(std::string& out) noexcept {
  const std::size_t start = out.size();
  out.push_back('[');
  ++position_;
  for (; !at_end(); ++position_) {
    const std::uint8_t octet = text_[position_];
    if (octet == '[') break;
    if (!is_class(octet, k_line_end)) append(out, octet);
    if (octet == ']') {
      ++position_;
      return true;
    }
    // A quoted pair keeps its backslash: the literal is passed on as it stands.
    if (octet == '\\' && position_ + 1 < text_.size()) {
      const std::uint8_t quoted = text_[++position_];
      if (!is_class(quoted, k_line_end)) append(out, quoted);
    }
  }
  out.resize(start);
  return false;
}

void FieldCursor::skip_to(std::string_view stops) noexcept {
  std::string ignored;
  while (!at_end()) {
    const std::uint8_t octet = text_[position_];
    if (stops.find(static_cast<char>(octet)) != std::string_view::npos) return;
    if (octet == '"') {
      take_quoted(ignored);
      ignored.clear();
    } else if (octet == '(') {
      skip_comment(nullptr);
    } else {
      ++position_;
    }
  }
}

}  // namespace tegu::mime
