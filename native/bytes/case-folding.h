// Unicode simple case folding: one code point to one, for comparing text without regard to case.
#pragma once

#include "bytes/case-folding.gen.h"

namespace tegu::bytes {

/** fold_case for code points above the direct table. */
[[nodiscard]] char32_t fold_case_by_range(char32_t code_point) noexcept;

/** The folded form; a code point without one stands for itself. */
[[nodiscard]] inline char32_t fold_case(char32_t code_point) noexcept {
  return code_point < k_fold_direct.size() ? k_fold_direct[code_point] : fold_case_by_range(code_point);
}

}  // namespace tegu::bytes
