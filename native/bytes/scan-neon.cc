// Scanning with the 16-octet vectors that every arm64 processor has.
#include "bytes/scan-kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>

namespace tegu::bytes {
namespace {

struct Vector {
  using Register = uint8x16_t;
  static constexpr std::size_t k_width = 16;

  static Register load(const std::uint8_t* p) noexcept { return vld1q_u8(p); }
  static Register splat(std::uint8_t octet) noexcept { return vdupq_n_u8(octet); }
  static Register equal(Register a, Register b) noexcept { return vceqq_u8(a, b); }
  static Register either(Register a, Register b) noexcept { return vorrq_u8(a, b); }
  static Register both(Register a, Register b) noexcept { return vandq_u8(a, b); }
  static Register without(Register a, Register b) noexcept { return vbicq_u8(a, b); }
  static Register in_range(Register v, std::uint8_t low, std::uint8_t high) noexcept {
    return both(vcgeq_u8(v, splat(low)), vcleq_u8(v, splat(high)));
  }
  // NEON has no movemask: narrowing by a shift of 4 leaves a nibble an octet, of which one bit is kept.
  static std::uint64_t mask(Register r) noexcept {
    const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(r), 4);
    return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0) & 0x8888888888888888;
  }
  static std::uint64_t high_mask(Register v) noexcept { return mask(vcgeq_u8(v, splat(0x80))); }
  static std::size_t lane(std::size_t bit) noexcept { return bit / 4; }
};

#include "bytes/scan-algorithm.h"

}  // namespace

const ScanKernel k_scan_neon = make_kernel("neon");

}  // namespace tegu::bytes

#endif
