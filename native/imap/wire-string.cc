// Implementation of wire-string.h.
#include "imap/wire-string.h"

#include "imap/decimal.h"

namespace tegu::imap {

StringPlan plan_string(std::span<const std::uint8_t> text, bool allow_eight_bit) noexcept {
  const StringPlan literal = {true, decimal_length(text.size()) + 4 + text.size()};
  if (text.size() > k_max_quoted_octets) return literal;
  std::size_t size = text.size() + 2;
  for (const std::uint8_t octet : text) {
    if (octet == '\r' || octet == '\n' || octet == 0 || (octet >= 0x80 && !allow_eight_bit)) return literal;
    if (octet == '"' || octet == '\\') ++size;
  }
  return {false, size};
}

char* write_string(char* out, std::span<const std::uint8_t> text, const StringPlan& plan) noexcept {
  const std::string_view octets(reinterpret_cast<const char*>(text.data()), text.size());
  if (plan.is_literal) {
    *out++ = '{';
    out = write_decimal(out, text.size());
    out = write_text(out, "}\r\n");
    return write_text(out, octets);
  }
  *out++ = '"';
  for (const char octet : octets) {
    if (octet == '"' || octet == '\\') *out++ = '\\';
    *out++ = octet;
  }
  *out++ = '"';
  return out;
}

}  // namespace tegu::imap
