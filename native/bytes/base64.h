// Streaming base64 decoder (RFC 2045 6.8), total over any input.
//
// Octets outside the alphabet are skipped, as the RFC demands. A `=` ends a group: its complete octets are
// given out, leftover bits are dropped, and decoding goes on behind it, because mailers concatenate padded
// pieces. Leftover bits at the end of the input are dropped likewise. The result does not depend on how the
// input is split.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/view.h"

namespace tegu::bytes {

class Base64Decoder {
 public:
  /** Room that feed() may need for `size` octets of input. */
  static constexpr std::size_t max_output(std::size_t size) noexcept { return size / 4 * 3 + 6; }

  /**
   * Decodes the next piece to `out` and returns the number of octets written. With a null `out` it only
   * counts, at the speed of memory.
   */
  std::size_t feed(Bytes input, std::uint8_t* out) noexcept;

  /** Gives out the octets of an unpadded last group, at most 2. The decoder is then as new. */
  std::size_t finish(std::uint8_t* out) noexcept;

 private:
  std::size_t count(Bytes input) noexcept;

  std::uint32_t bits_ = 0;
  /** Digits gathered of the current group, 0-3. */
  unsigned digits_ = 0;
};

}  // namespace tegu::bytes
