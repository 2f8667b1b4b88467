// The texts of a message that IMAP SEARCH looks into, folded, as the message streams by (RFC 9051 6.4.4).
//
// Given out are decoded texts in their folded form (search-folding.h): bodies of text and message parts,
// taken out of transfer encoding and charset, and headers with their encoded words and file names decoded.
// BODY sees the bodies and the headers of messages inside the message; TEXT also the message's own header and
// those of its parts. Other attachments are skipped. What the sink gets does not depend on how the input is
// split, but for the pieces that a text comes in. Memory: a header field, a decoder, buffers of a slice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bytes/base64.h"
#include "bytes/quoted-printable.h"
#include "mime/charset-guess.h"
#include "mime/message-parser.h"
#include "mime/search-folding.h"

namespace tegu::mime {

/** Where searchable texts go; no match spans two of them. */
class SearchableTextSink {
 public:
  virtual ~SearchableTextSink() = default;
  /** A field, file name or body begins; BODY looks into it, too, when `in_body`. */
  virtual void begin_text(bool in_body) noexcept = 0;
  /** The next piece of it, folded. */
  virtual void take_text(std::string_view folded) noexcept = 0;
  /** True when nothing more needs to come. */
  [[nodiscard]] virtual bool is_full() const noexcept = 0;
};

class SearchableText final : private PartVisitor {
 public:
  /** `include_header`: also the texts that only TEXT looks into. `sink` outlives this. */
  SearchableText(const ParseLimits& limits, bool lf_to_crlf, bool include_header,
                 SearchableTextSink& sink) noexcept;

  /** Takes the next octets of the message. */
  void feed(Bytes octets) noexcept;
  void finish() noexcept;

 private:
  void on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept override;
  void on_body(std::uint32_t row, Bytes octets) noexcept override;
  void on_end(std::uint32_t row) noexcept override;

  void give_header(Bytes header, const PartHeader& fields, bool in_body) noexcept;
  void give_line(std::string_view text, bool in_body) noexcept;
  void open_body(const Part& part, const PartHeader& fields) noexcept;
  void give_decoded(Bytes octets) noexcept;
  void give_text() noexcept;

  MessageParser parser_;
  const bool include_header_;
  SearchableTextSink& sink_;

  /** State of the body being read; `in_body_` is false for parts that are skipped. */
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
