// ASCII classes and case-insensitive comparison for protocol text. Independent of the locale.
//
// Octets above 0x7f belong to no class but `k_eight_bit`, which says only that they are there: whether such
// an octet may stand in a place is for the grammar to say.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tegu::bytes {

/** Bits of an octet's class; an octet may have several. */
enum AsciiClass : std::uint8_t {
  /** SP and TAB (RFC 5234 WSP). */
  k_wsp = 1,
  /** CR and LF. */
  k_line_end = 2,
  k_digit = 4,
  k_alpha = 8,
  k_hex = 16,
  /** atext of RFC 5322 3.2.3. */
  k_atext = 32,
  /** Octet of an RFC 2045 5.1 token. */
  k_token = 64,
  /** 0x80-0xff. */
  k_eight_bit = 128,
};

namespace detail {

constexpr std::array<std::uint8_t, 256> make_ascii_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view octets, std::uint8_t bits) {
    for (const char c : octets) {
      auto& entry = classes[static_cast<std::uint8_t>(c)];
      entry = static_cast<std::uint8_t>(entry | bits);
    }
  };
  add(" \t", k_wsp);
  add("\r\n", k_line_end);
  add("0123456789", k_digit | k_hex | k_atext | k_token);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", k_alpha | k_atext | k_token);
  add("ABCDEFabcdef", k_hex);
  add("!#$%&'*+-/=?^_`{|}~", k_atext);
  add("!#$%&'*+-.^_`{|}~", k_token);
  for (std::size_t octet = 0x80; octet < 256; ++octet) classes[octet] = k_eight_bit;
  return classes;
}

constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::int8_t digit = 0; digit < 10; ++digit) values[static_cast<std::size_t>('0' + digit)] = digit;
  for (std::int8_t digit = 10; digit < 16; ++digit) {
    values[static_cast<std::size_t>('a' + digit - 10)] = digit;
    values[static_cast<std::size_t>('A' + digit - 10)] = digit;
  }
  return values;
}

inline constexpr std::array<std::int8_t, 256> k_hex_values = make_hex_values();
inline constexpr std::array<std::uint8_t, 256> k_ascii_classes = make_ascii_classes();

}  // namespace detail

/** Whether `octet` has one of the class bits in `classes`. */
constexpr bool is_class(std::uint8_t octet, unsigned classes) noexcept {
  return (detail::k_ascii_classes[octet] & classes) != 0;
}
constexpr bool is_class(char octet, unsigned classes) noexcept {
  return is_class(static_cast<std::uint8_t>(octet), classes);
}

/** Value of a hexadecimal digit in either case, -1 for any other octet. */
constexpr int hex_value(std::uint8_t octet) noexcept {
  return detail::k_hex_values[octet];
}

/** Lower case of A-Z, every other octet unchanged. */
constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/** Equality of octets with A-Z and a-z alike. */
constexpr bool equals_ignore_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

/** Whether `text` begins with `prefix`, A-Z and a-z alike. */
constexpr bool starts_with_ignore_case(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && equals_ignore_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace tegu::bytes
