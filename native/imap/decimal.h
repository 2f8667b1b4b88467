// Decimal numbers for response assembly: exact length first, then digits into a buffer of that length.
//
// Every response is assembled in two passes (measure, write), so that one buffer of the exact size is
// allocated however many rows there are; both passes use these functions and so cannot disagree.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tegu::imap {

namespace detail {

constexpr std::array<char, 200> make_digit_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
inline constexpr std::array<char, 200> k_digit_pairs = make_digit_pairs();

constexpr std::array<std::uint64_t, 20> make_powers_of_ten() {
  std::array<std::uint64_t, 20> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}
inline constexpr std::array<std::uint64_t, 20> k_powers_of_ten = make_powers_of_ten();

}  // namespace detail

/** Number of decimal digits of `value`, 1..20. */
[[nodiscard]] inline std::size_t decimal_length(std::uint64_t value) noexcept {
  // log10(2) = 1233/4096, exact enough for 64 bits; the comparison corrects the one case in which it is one
  // short.
  const auto guess = static_cast<std::size_t>((std::bit_width(value | 1) * 1233) >> 12);
  return guess + (value >= detail::k_powers_of_ten[guess] || guess == 0 ? 1 : 0);
}

/** Writes `value` at `out`, which has room for decimal_length(value) octets; returns the octet behind. */
inline char* write_decimal(char* out, std::uint64_t value) noexcept {
  char* const end = out + decimal_length(value);
  char* at = end;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, detail::k_digit_pairs.data() + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(at - 2, detail::k_digit_pairs.data() + 2 * value, 2);
  } else {
    at[-1] = static_cast<char>('0' + value);
  }
  return end;
}

/** Copies `text` to `out`; returns the octet behind. */
inline char* write_text(char* out, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace tegu::imap
