// Scanning with 32-octet vectors; scan.cc uses it only where the processor says that it has AVX2.
#include "bytes/scan-kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

// Only the functions below are compiled for AVX2: flags for the whole file would let inline functions of the
// headers above be emitted with AVX2 instructions and be shared with the rest of the program.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,popcnt")
#endif

namespace tegu::bytes {
namespace {

struct Vector {
  using Register = __m256i;
  static constexpr std::size_t k_width = 32;

  static Register load(const std::uint8_t* p) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static Register splat(std::uint8_t octet) noexcept { return _mm256_set1_epi8(static_cast<char>(octet)); }
  static Register equal(Register a, Register b) noexcept { return _mm256_cmpeq_epi8(a, b); }
  static Register either(Register a, Register b) noexcept { return _mm256_or_si256(a, b); }
  static Register both(Register a, Register b) noexcept { return _mm256_and_si256(a, b); }
  static Register without(Register a, Register b) noexcept { return _mm256_andnot_si256(b, a); }
  static Register in_range(Register v, std::uint8_t low, std::uint8_t high) noexcept {
    return both(equal(_mm256_max_epu8(v, splat(low)), v), equal(_mm256_min_epu8(v, splat(high)), v));
  }
  static std::uint64_t mask(Register r) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(r));
  }
  static std::uint64_t high_mask(Register v) noexcept { return mask(v); }
  static std::size_t lane(std::size_t bit) noexcept { return bit; }
};

#include "bytes/scan-algorithm.h"

}  // namespace

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const ScanKernel k_scan_avx2 = make_kernel("avx2");

}  // namespace tegu::bytes

#endif
