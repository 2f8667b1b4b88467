// Implementation of base64.h: four digits at a time where they stand together, one by one around line ends.
#include "bytes/base64.h"

#include <array>
#include <string_view>

#include "bytes/scan.h"

namespace tegu::bytes {
namespace {

constexpr std::uint8_t k_skip = 0xff;
constexpr std::uint8_t k_pad = 0xfe;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(k_skip);
  constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < k_alphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(k_alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  values['='] = k_pad;
  return values;
}

constexpr std::array<std::uint8_t, 256> k_values = make_values();

/** Octets that a group of so many digits holds. */
constexpr std::size_t octets_of(std::uint64_t digits) noexcept {
  return static_cast<std::size_t>(digits / 4 * 3 + (digits % 4 * 6) / 8);
}

}  // namespace

std::size_t Base64Decoder::count(Bytes input) noexcept {
  std::size_t total = 0;
  while (!input.empty()) {
    std::uint64_t digits = digits_;
    const std::size_t at = scan().count_base64(input.data(), input.size(), digits);
    if (at == input.size()) {
      total += octets_of(digits - digits % 4);
      digits_ = static_cast<unsigned>(digits % 4);
      break;
    }
    total += octets_of(digits);
    digits_ = 0;
    input = input.subspan(at + 1);
  }
  return total;
}

std::size_t Base64Decoder::feed(Bytes input, std::uint8_t* out) noexcept {
  if (out == nullptr) return count(input);
  const std::uint8_t* in = input.data();
  const std::uint8_t* const end = in + input.size();
  std::uint8_t* to = out;
  while (in != end) {
    while (digits_ == 0 && end - in >= 4) {
      const std::uint32_t a = k_values[in[0]];
      const std::uint32_t b = k_values[in[1]];
      const std::uint32_t c = k_values[in[2]];
      const std::uint32_t d = k_values[in[3]];
      if (((a | b | c | d) & 0xc0) != 0) break;
      const std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
      to[0] = static_cast<std::uint8_t>(group >> 16);
      to[1] = static_cast<std::uint8_t>(group >> 8);
      to[2] = static_cast<std::uint8_t>(group);
      to += 3;
      in += 4;
    }
    if (in == end) break;
    const std::uint8_t value = k_values[*in++];
    if (value == k_skip) continue;
    if (value == k_pad) {
      to += finish(to);
      continue;
    }
    bits_ = bits_ << 6 | value;
    if (++digits_ < 4) continue;
    to[0] = static_cast<std::uint8_t>(bits_ >> 16);
    to[1] = static_cast<std::uint8_t>(bits_ >> 8);
    to[2] = static_cast<std::uint8_t>(bits_);
    to += 3;
    digits_ = 0;
  }
  return static_cast<std::size_t>(to - out);
}

std::size_t Base64Decoder::finish(std::uint8_t* out) noexcept {
  const std::size_t octets = octets_of(digits_);
  if (out != nullptr) {
    const std::uint32_t group = bits_ << (6 * (4 - digits_) % 24);
    if (octets > 0) out[0] = static_cast<std::uint8_t>(group >> 16);
    if (octets > 1) out[1] = static_cast<std::uint8_t>(group >> 8);
  }
  digits_ = 0;
  bits_ = 0;
  return octets;
}

}  // namespace tegu::bytes
