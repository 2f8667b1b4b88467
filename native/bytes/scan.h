// Searching and counting octets with the widest vectors that this processor has.
//
// One algorithm (scan-algorithm.h) is compiled over small sets of vector operations: SSE2 and AVX2 (x86-64),
// NEON (arm64), LSX (LoongArch) and 8-octet words for everything else (e2k, riscv64). The best one is chosen
// once at load; all that can run here are listed for the test that proves them equal. Reads never leave
// [data, data+size).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bytes/view.h"

namespace tegu::bytes {

/** Line ends seen: all LF, and among them those without a CR before. */
struct LineCount {
  std::uint64_t lf = 0;
  std::uint64_t bare_lf = 0;
};

/** Up to four octets to look for; repeat one to look for fewer. */
struct OctetSet {
  std::uint8_t octets[4];
};

/** The operations for one instruction set. */
struct ScanKernel {
  const char* name;
  /** Index of the first octet that is in `set`, or `size`. */
  std::size_t (*find_any)(const std::uint8_t* data, std::size_t size, OctetSet set) noexcept;
  /** Index of the first octet above 0x7f, or `size`. */
  std::size_t (*find_high)(const std::uint8_t* data, std::size_t size) noexcept;
  /**
   * Index of the first LF that "--" follows, or may follow because the data ends first; `size` when there is
   * none. Adds the line ends before that index to `count`. `after_cr`: the octet before `data` was CR.
   */
  std::size_t (*find_dash_line)(const std::uint8_t* data, std::size_t size, bool after_cr,
                                LineCount& count) noexcept;
  /** Adds all line ends of the data to `count`. */
  void (*count_lines)(const std::uint8_t* data, std::size_t size, bool after_cr, LineCount& count) noexcept;
  /** Index of the first `=`, or `size`; adds the octets of the base64 alphabet before it to `count`. */
  std::size_t (*count_base64)(const std::uint8_t* data, std::size_t size, std::uint64_t& count) noexcept;
};

/** The best kernel for this processor. */
[[nodiscard]] const ScanKernel& scan() noexcept;

/** Every kernel that this processor can run, the portable one first. */
[[nodiscard]] std::span<const ScanKernel* const> scan_kernels() noexcept;

/** Index of the first `a` or `b` in `data`, or data.size(). */
[[nodiscard]] inline std::size_t find_any(Bytes data, std::uint8_t a, std::uint8_t b) noexcept {
  return scan().find_any(data.data(), data.size(), {{a, b, b, b}});
}

/** Index of the first of three octets in `data`, or data.size(). */
[[nodiscard]] inline std::size_t find_any(Bytes data, std::uint8_t a, std::uint8_t b,
                                          std::uint8_t c) noexcept {
  return scan().find_any(data.data(), data.size(), {{a, b, c, c}});
}

}  // namespace tegu::bytes
