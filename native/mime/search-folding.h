// The form in which texts are compared by SEARCH: case folded, io as ie, white space alike.
//
// Every code point by Unicode simple case folding; Cyrillic io (U+0451) as ie (U+0435), since Russians write
// either; every run of white space, line ends and no-break spaces included, as one space, so that folds and
// wrapped lines do not matter. A substring of a text is still one after folding both. Streaming: the result
// does not depend on how the text is split.
#pragma once

#include <string>
#include <string_view>

namespace tegu::mime {

class SearchFolder {
 public:
  /** Appends the folded form of valid UTF-8 that ends at a character; invalid octets become U+FFFD. */
  void feed(std::string_view text, std::string& out) noexcept;

 private:
  bool after_space_ = false;
};

/** The folded form of a whole text. */
[[nodiscard]] std::string fold_for_search(std::string_view text) noexcept;

}  // namespace tegu::mime
