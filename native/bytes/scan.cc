// Choice of the scan kernel: made once, before main, from what the processor reports.
#include "bytes/scan.h"

#include <array>

#include "bytes/scan-kernels.h"

namespace tegu::bytes {
namespace {

struct KernelList {
  std::array<const ScanKernel*, 3> kernels{};
  std::size_t count = 0;

  void add(const ScanKernel& kernel) noexcept { kernels[count++] = &kernel; }
};

/** Kernels that can run here, worst first. */
KernelList probe() noexcept {
  KernelList list;
  list.add(k_scan_portable);
#if defined(__x86_64__)
  list.add(k_scan_sse2);
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) list.add(k_scan_avx2);
#elif defined(__aarch64__)
  list.add(k_scan_neon);
#elif defined(__loongarch_sx)
  list.add(k_scan_lsx);
#endif
  return list;
}

const KernelList k_list = probe();

}  // namespace

const ScanKernel& scan() noexcept {
  return *k_list.kernels[k_list.count - 1];
}

std::span<const ScanKernel* const> scan_kernels() noexcept {
  return {k_list.kernels.data(), k_list.count};
}

}  // namespace tegu::bytes
