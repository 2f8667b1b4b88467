// Scanning with the 16-octet vectors that every x86-64 processor has.
#include "bytes/scan-kernels.h"

#if defined(__x86_64__)

#include <emmintrin.h>

namespace tegu::bytes {
namespace {

struct Vector {
  using Register = __m128i;
  static constexpr std::size_t k_width = 16;

  static Register load(const std::uint8_t* p) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static Register splat(std::uint8_t octet) noexcept { return _mm_set1_epi8(static_cast<char>(octet)); }
  static Register equal(Register a, Register b) noexcept { return _mm_cmpeq_epi8(a, b); }
  static Register either(Register a, Register b) noexcept { return _mm_or_si128(a, b); }
  static Register both(Register a, Register b) noexcept { return _mm_and_si128(a, b); }
  static Register without(Register a, Register b) noexcept { return _mm_andnot_si128(b, a); }
  static Register in_range(Register v, std::uint8_t low, std::uint8_t high) noexcept {
    return both(equal(_mm_max_epu8(v, splat(low)), v), equal(_mm_min_epu8(v, splat(high)), v));
  }
  static std::uint64_t mask(Register r) noexcept { return static_cast<std::uint32_t>(_mm_movemask_epi8(r)); }
  static std::uint64_t high_mask(Register v) noexcept { return mask(v); }
  static std::size_t lane(std::size_t bit) noexcept { return bit; }
};

#include "bytes/scan-algorithm.h"

}  // namespace

const ScanKernel k_scan_sse2 = make_kernel("sse2");

}  // namespace tegu::bytes

#endif
