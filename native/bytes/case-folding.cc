// Implementation of case-folding.h: a direct table for the alphabets of most mail, a binary search for the
// rest.
#include "bytes/case-folding.h"

#include <algorithm>

namespace tegu::bytes {

char32_t fold_case_by_range(char32_t code) noexcept {
  const auto* const range = std::upper_bound(k_fold_ranges.begin(), k_fold_ranges.end(), code,
                                             [](char32_t c, const FoldRange& r) { return c < r.first; });
  if (range == k_fold_ranges.begin()) return code;
  const FoldRange& found = range[-1];
  if (code > found.last || (code - found.first) % found.step != 0) return code;
  return static_cast<char32_t>(static_cast<std::int32_t>(code) + found.delta);
}

}  // namespace tegu::bytes
