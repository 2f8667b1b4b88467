// Unicode simple case folding: one code point to one, for comparing text without regard to case.
#pragma once

namespace tegu::bytes {

/** The folded form; a code point without one stands for itself. */
[[nodiscard]] char32_t fold_case(char32_t code_point) noexcept;

}  // namespace tegu::bytes
