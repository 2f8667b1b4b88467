// The kernels by name, for scan.cc alone. Which of them exist depends on the architecture compiled for.
#pragma once

#include "bytes/scan.h"

namespace tegu::bytes {

extern const ScanKernel k_scan_portable;
#if defined(__x86_64__)
extern const ScanKernel k_scan_sse2;
extern const ScanKernel k_scan_avx2;
#elif defined(__aarch64__)
extern const ScanKernel k_scan_neon;
#elif defined(__loongarch_sx)
extern const ScanKernel k_scan_lsx;
#endif

}  // namespace tegu::bytes
