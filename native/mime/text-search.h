// IMAP SEARCH TEXT and BODY over a message as it streams by (RFC 9051 6.4.4).
//
// Compared are decoded texts in their folded form (search-folding.h): bodies of text and message parts, taken
// out of transfer encoding and charset, and headers with their encoded words and file names decoded. BODY
// sees the bodies and the headers of messages inside the message; TEXT also the message's own header and
// those of its parts. Other attachments are skipped. A match may lie across any pieces of the input, but not
// across two fields or parts. Memory: the needle, four octets for each of its octets, a decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/base64.h"
#include "bytes/quoted-printable.h"
#include "mime/charset-guess.h"
#include "mime/message-parser.h"
#include "mime/search-folding.h"

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

class TextSearch final : private PartVisitor {
 public:
  /** `needle`: UTF-8 text, folded here; see is_valid_needle. */
  TextSearch(const ParseLimits& limits, bool lf_to_crlf, std::string_view needle,
             bool include_header) noexcept;

  [[nodiscard]] static bool is_valid_needle(std::string_view needle) noexcept {
    return needle.size() <= k_max_needle_bytes;
  }

  /** Takes the next octets of the message; nothing more needs to be fed once is_found(). */
  void feed(Bytes octets) noexcept;
  void finish() noexcept;
  [[nodiscard]] bool is_found() const noexcept { return is_found_; }

 private:
  void on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept override;
  void on_body(std::uint32_t row, Bytes octets) noexcept override;
  void on_end(std::uint32_t row) noexcept override;

  void search_header(Bytes header, const PartHeader& fields) noexcept;
  void search_line(std::string_view text) noexcept;
  void open_body(const Part& part, const PartHeader& fields) noexcept;
  void search_decoded(Bytes octets) noexcept;
  void search_text() noexcept;

  MessageParser parser_;
  const bool include_header_;
  SubstringFinder finder_;
  bool is_found_ = false;

  /** State of the body being searched; `in_body_` is false for parts that are skipped. */
  bool in_body_ = false;
  TransferEncoding encoding_ = TransferEncoding::seven_bit;
  bytes::Base64Decoder base64_;
  bytes::QuotedPrintableDecoder quoted_printable_;
  std::optional<CharsetDecoder> charset_;
  std::optional<GuessingDecoder> guess_;
  SearchFolder folder_;
  std::string text_;
  std::string folded_;
};

}  // namespace tegu::mime
