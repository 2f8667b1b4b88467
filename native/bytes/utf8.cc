// Implementation of utf8.h. ASCII is skipped with the scan kernel, the rest is decoded sequence by sequence.
#include "bytes/utf8.h"

#include "bytes/scan.h"

namespace tegu::bytes {
namespace {

/** Shape of a sequence by its lead octet; the second octet has its own bounds (RFC 3629 4). */
struct Lead {
  std::uint8_t length;
  std::uint8_t second_low;
  std::uint8_t second_high;
};

constexpr Lead lead_of(std::uint8_t octet) noexcept {
  if (octet >= 0xc2 && octet <= 0xdf) return {2, 0x80, 0xbf};
  if (octet == 0xe0) return {3, 0xa0, 0xbf};
  if (octet == 0xed) return {3, 0x80, 0x9f};
  if (octet >= 0xe1 && octet <= 0xef) return {3, 0x80, 0xbf};
  if (octet == 0xf0) return {4, 0x90, 0xbf};
  if (octet >= 0xf1 && octet <= 0xf3) return {4, 0x80, 0xbf};
  if (octet == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

Utf8Step utf8_first(Bytes text) noexcept {
  const std::uint8_t first = text[0];
  if (first < 0x80) return {Utf8Status::ok, 1, first};
  const Lead lead = lead_of(first);
  if (lead.length == 0) return {Utf8Status::invalid, 1, k_replacement};
  char32_t code = static_cast<char32_t>(first & (0x7f >> lead.length));
  for (std::uint8_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8Status::incomplete, i, k_replacement};
    const std::uint8_t octet = text[i];
    const std::uint8_t low = i == 1 ? lead.second_low : std::uint8_t{0x80};
    const std::uint8_t high = i == 1 ? lead.second_high : std::uint8_t{0xbf};
    if (octet < low || octet > high) return {Utf8Status::invalid, i, k_replacement};
    code = code << 6 | (octet & 0x3fu);
  }
  return {Utf8Status::ok, lead.length, code};
}

bool is_valid_utf8(Bytes text) noexcept {
  for (;;) {
    text = text.subspan(scan().find_high(text.data(), text.size()));
    if (text.empty()) return true;
    while (!text.empty() && text[0] >= 0x80) {
      const Utf8Step step = utf8_first(text);
      if (step.status != Utf8Status::ok) return false;
      text = text.subspan(step.length);
    }
  }
}

void append_utf8(std::string& out, char32_t code) noexcept {
  char octets[4];
  out.append(octets, write_utf8(octets, code));
}

void append_repaired_utf8(std::string& out, Bytes text) noexcept {
  while (!text.empty()) {
    const std::size_t plain = scan().find_high(text.data(), text.size());
    out.append(as_text(text.first(plain)));
    text = text.subspan(plain);
    while (!text.empty() && text[0] >= 0x80) {
      const Utf8Step step = utf8_first(text);
      if (step.status == Utf8Status::ok) {
        out.append(as_text(text.first(step.length)));
      } else {
        append_utf8(out, k_replacement);
      }
      text = text.subspan(step.length);
    }
  }
}

}  // namespace tegu::bytes
