// Scanning with the 16-octet vectors of LoongArch; built when the compiler targets LSX.
#include "bytes/scan-kernels.h"

#if defined(__loongarch_sx)

#include <lsxintrin.h>

namespace tegu::bytes {
namespace {

struct Vector {
  using Register = __m128i;
  static constexpr std::size_t k_width = 16;

  static Register load(const std::uint8_t* p) noexcept { return __lsx_vld(p, 0); }
  static Register splat(std::uint8_t octet) noexcept { return __lsx_vreplgr2vr_b(octet); }
  static Register equal(Register a, Register b) noexcept { return __lsx_vseq_b(a, b); }
  static Register either(Register a, Register b) noexcept { return __lsx_vor_v(a, b); }
  static Register both(Register a, Register b) noexcept { return __lsx_vand_v(a, b); }
  // vandn computes (not first) and second.
  static Register without(Register a, Register b) noexcept { return __lsx_vandn_v(b, a); }
  static Register in_range(Register v, std::uint8_t low, std::uint8_t high) noexcept {
    return both(__lsx_vsle_bu(splat(low), v), __lsx_vsle_bu(v, splat(high)));
  }
  static std::uint64_t mask(Register r) noexcept {
    return static_cast<std::uint16_t>(__lsx_vpickve2gr_wu(__lsx_vmskltz_b(r), 0));
  }
  static std::uint64_t high_mask(Register v) noexcept { return mask(v); }
  static std::size_t lane(std::size_t bit) noexcept { return bit; }
};

#include "bytes/scan-algorithm.h"

}  // namespace

const ScanKernel k_scan_lsx = make_kernel("lsx");

}  // namespace tegu::bytes

#endif
