// Implementation of mailbox-name.h.
#include "imap/mailbox-name.h"

#include <array>

namespace tegu::imap {
namespace {

// RFC 3501 5.1.3: base64 with "," in place of "/", for that is a usual hierarchy separator.
constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
constexpr std::uint8_t k_no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(k_no_digit);
  for (std::size_t i = 0; i < k_alphabet.size(); ++i) {
    digits[static_cast<std::uint8_t>(k_alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> k_digits = make_digits();

bool is_plain(char16_t unit) noexcept {
  return unit >= 0x20 && unit <= 0x7e;
}
bool is_high_surrogate(char16_t unit) noexcept {
  return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low_surrogate(char16_t unit) noexcept {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Whether every surrogate in `units` is half of a pair. */
bool is_well_formed(std::u16string_view units) noexcept {
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (is_low_surrogate(units[i])) return false;
    if (!is_high_surrogate(units[i])) continue;
    if (++i == units.size() || !is_low_surrogate(units[i])) return false;
  }
  return true;
}

void append_shifted(std::u16string_view units, std::string& encoded) {
  encoded += '&';
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char16_t unit : units) {
    bits = (bits << 16) | unit;
    for (held += 16; held >= 6; held -= 6) encoded += k_alphabet[(bits >> (held - 6)) & 0x3f];
  }
  if (held > 0) encoded += k_alphabet[(bits << (6 - held)) & 0x3f];
  encoded += '-';
}

/** Decodes the base64 octets of one shift. */
bool append_unshifted(std::span<const std::uint8_t> base64, std::u16string& name) {
  const std::size_t first = name.size();
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t octet : base64) {
    const std::uint8_t digit = k_digits[octet];
    if (digit == k_no_digit) return false;
    bits = (bits << 6) | digit;
    held += 6;
    if (held < 16) continue;
    held -= 16;
    const auto unit = static_cast<char16_t>(bits >> held);
    if (is_plain(unit)) return false;
    name += unit;
  }
  // A whole digit left over, or padding that is not zero, would be a second spelling of the same name.
  if (held >= 6 || (bits & ((1u << held) - 1)) != 0) return false;
  return name.size() > first && is_well_formed(std::u16string_view(name).substr(first));
}

}  // namespace

bool encode_mailbox_name(std::u16string_view name, std::string& encoded) {
  encoded.clear();
  if (!is_well_formed(name)) return false;
  std::size_t at = 0;
  while (at < name.size()) {
    if (is_plain(name[at])) {
      encoded += static_cast<char>(name[at]);
      if (name[at++] == '&') encoded += '-';
      continue;
    }
    const std::size_t start = at;
    while (at < name.size() && !is_plain(name[at])) ++at;
    append_shifted(name.substr(start, at - start), encoded);
  }
  return true;
}

bool decode_mailbox_name(std::span<const std::uint8_t> encoded, std::u16string& name) {
  name.clear();
  std::size_t shift_end = encoded.size() + 1;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    const std::uint8_t octet = encoded[at];
    if (!is_plain(octet)) return false;
    if (octet != '&') {
      name += static_cast<char16_t>(octet);
      continue;
    }
    const std::size_t start = at + 1;
    for (at = start; at < encoded.size() && encoded[at] != '-';) ++at;
    if (at == encoded.size()) return false;
    if (at == start) {
      name += u'&';
      continue;
    }
    // Two adjacent shifts are a longer spelling of one ("superfluous shifts").
    if (shift_end == start - 1) return false;
    if (!append_unshifted(encoded.subspan(start, at - start), name)) return false;
    shift_end = at + 1;
  }
  return true;
}

}  // namespace tegu::imap
