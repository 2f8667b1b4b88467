// Views over octets: the one parameter type of every parser in native/, and its conversions from and to text.
//
// A view never owns; the caller keeps the octets alive for the call. Octets stay octets until a named decoder
// makes characters of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tegu::bytes {

/** Octets that somebody else owns. */
using Bytes = std::span<const std::uint8_t>;

/** The octets of a string; no copy. */
inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/** The same octets as a string_view; no copy and no claim about their charset. */
inline std::string_view as_text(Bytes octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace tegu::bytes
