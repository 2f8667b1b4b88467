// The oracle for structures: one parenthesised list of strings, literals, numbers and NIL, and nothing behind
// it.
#pragma once

#include <cstddef>
#include <string_view>

/** Length of the quoted string or literal at the begin of `text`, 0 when it is malformed (RFC 9051 9). */
inline std::size_t imap_string_size(std::string_view text) {
  if (text[0] == '"') {
    for (std::size_t i = 1; i < text.size(); ++i) {
      const auto octet = static_cast<unsigned char>(text[i]);
      if (octet == '"') return i + 1;
      if (octet == '\\') ++i;
      if (octet == 0 || octet == '\r' || octet == '\n' || octet >= 0x80) return 0;
    }
    return 0;
  }
  std::size_t size = 0;
  std::size_t i = 1;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    size = size * 10 + static_cast<std::size_t>(text[i] - '0');
  if (i == 1 || text.substr(i, 3) != "}\r\n") return 0;
  const std::string_view octets = text.substr(i + 3, size);
  return octets.size() == size && octets.find('\0') == std::string_view::npos ? i + 3 + size : 0;
}

inline bool is_imap_list(std::string_view text) {
  std::size_t depth = 0;
  do {
    if (text.empty()) return false;
    std::size_t size = 1;
    if (text[0] == '(') {
      ++depth;
    } else if (text[0] == ')') {
      if (depth-- == 0) return false;
    } else if (text[0] == '"' || text[0] == '{') {
      size = imap_string_size(text);
    } else if (text.starts_with("NIL")) {
      size = 3;
    } else if (text[0] != ' ' && (text[0] < '0' || text[0] > '9')) {
      return false;
    }
    if (size == 0 || (depth == 0 && text[0] != ')')) return false;
    text = text.substr(size);
  } while (depth > 0);
  return text.empty();
}
