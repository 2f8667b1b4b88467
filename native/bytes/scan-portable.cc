// Scanning with 8-octet words, for processors without a vector path of their own. Correct on either byte
// order.
#include <bit>
#include <cstring>

#include "bytes/scan-kernels.h"

namespace tegu::bytes {
namespace {

struct Vector {
  using Register = std::uint64_t;
  static constexpr std::size_t k_width = 8;
  static constexpr std::uint64_t k_tops = 0x8080808080808080;

  static Register load(const std::uint8_t* p) noexcept {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
  }
  static constexpr Register splat(std::uint8_t octet) noexcept { return octet * (~std::uint64_t{0} / 255); }
  // Top bit set exactly where the octet is zero: no carry crosses octets, unlike the shorter well-known form,
  // whose false hits above a true one would spoil the counts.
  static Register zero(Register v) noexcept { return ~(((v & ~k_tops) + ~k_tops) | v) & k_tops; }
  static Register equal(Register a, Register b) noexcept { return zero(a ^ b); }
  static Register either(Register a, Register b) noexcept { return a | b; }
  static Register both(Register a, Register b) noexcept { return a & b; }
  static Register without(Register a, Register b) noexcept { return a & ~b; }
  static Register in_range(Register v, std::uint8_t low, std::uint8_t high) noexcept {
    const Register at_least = (v | k_tops) - splat(low);
    const Register above = (v & ~k_tops) + splat(static_cast<std::uint8_t>(0x7f - high));
    return at_least & ~above & ~v & k_tops;
  }
  static std::uint64_t mask(Register r) noexcept { return r & k_tops; }
  static std::uint64_t high_mask(Register v) noexcept { return v & k_tops; }
  static std::size_t lane(std::size_t bit) noexcept { return bit / 8; }
};

#include "bytes/scan-algorithm.h"

}  // namespace

const ScanKernel k_scan_portable = make_kernel("portable");

}  // namespace tegu::bytes
