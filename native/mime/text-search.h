// IMAP SEARCH TEXT and BODY over a message as it streams by (RFC 9051 6.4.4).
//
// Looked into is what searchable-text.h gives out; a match may lie across any pieces of the input, but not
// across two fields or parts. Memory: the needle, four octets for each of its octets, a decoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mime/searchable-text.h"

namespace tegu::mime {

/** Octets of the longest needle, folded: what one IMAP command can hold (setting imap.maxCommandBytes). */
inline constexpr std::size_t k_max_needle_bytes = 1024 * 1024;

/**
 * Finds a folded needle in a folded text that comes in pieces, by the method of Knuth, Morris and Pratt: each
 * octet is looked at a bounded number of times whatever the needle, and nothing of the text is kept.
 */
class SubstringFinder {
 public:
  explicit SubstringFinder(std::string needle) noexcept;

  /** True when the needle ends in this piece; the empty needle is found at once. */
  [[nodiscard]] bool feed(std::string_view piece) noexcept;
  /** Begins a new text. */
  void reset() noexcept { matched_ = 0; }

 private:
  const std::string needle_;
  /** For each prefix of the needle: length of the longest proper prefix of it that is also its end. */
  std::vector<std::uint32_t> border_;
  /** Octets of the needle that the text so far ends with. */
  std::uint32_t matched_ = 0;
};

class TextSearch final : private SearchableTextSink {
 public:
  /** `needle`: UTF-8 text, folded here; see is_valid_needle. */
  TextSearch(const ParseLimits& limits, bool lf_to_crlf, std::string_view needle,
             bool include_header) noexcept;

  [[nodiscard]] static bool is_valid_needle(std::string_view needle) noexcept {
    return needle.size() <= k_max_needle_bytes;
  }

  /** Takes the next octets of the message; nothing more needs to be fed once is_found(). */
  void feed(Bytes octets) noexcept { text_.feed(octets); }
  void finish() noexcept { text_.finish(); }
  [[nodiscard]] bool is_found() const noexcept { return is_found_; }

 private:
  void begin_text(bool) noexcept override { finder_.reset(); }
  void take_text(std::string_view folded) noexcept override { is_found_ = is_found_ || finder_.feed(folded); }
  [[nodiscard]] bool is_full() const noexcept override { return is_found_; }

  SubstringFinder finder_;
  bool is_found_;
  SearchableText text_;
};

}  // namespace tegu::mime
