// All searchable texts of a message (searchable-text.h) in two strings, for the full-text index.
//
// Before each text stands k_text_separator, so that a match inside a string lies inside one text; octets of
// the texts that are NUL become one, too. What is over the bound is left out and reported: such a message
// must be searched itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mime/searchable-text.h"

namespace tegu::mime {

inline constexpr char k_text_separator = '\x01';

class TextCollector final : private SearchableTextSink {
 public:
  /** `max_bytes`: of both strings together. */
  TextCollector(const ParseLimits& limits, bool lf_to_crlf, std::size_t max_bytes) noexcept
      : max_bytes_(max_bytes), text_(limits, lf_to_crlf, true, *this) {}

  /** Nothing more needs to be fed once !is_whole(). */
  void feed(Bytes octets) noexcept { text_.feed(octets); }
  void finish() noexcept { text_.finish(); }

  /** Texts that only TEXT looks into: the message's own header and those of its parts. */
  [[nodiscard]] const std::string& header() const noexcept { return header_; }
  /** Texts that BODY looks into. */
  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  /** False when something was left out. */
  [[nodiscard]] bool is_whole() const noexcept { return is_whole_; }

 private:
  void begin_text(bool in_body) noexcept override;
  void take_text(std::string_view folded) noexcept override;
  [[nodiscard]] bool is_full() const noexcept override { return !is_whole_; }

  const std::size_t max_bytes_;
  std::string header_;
  std::string body_;
  std::string* current_ = &body_;
  bool is_whole_ = true;
  SearchableText text_;
};

}  // namespace tegu::mime
