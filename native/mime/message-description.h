// All that an IMAP server wants to know of a message, from one pass over its octets.
//
// Feeds a MessageParser and gathers envelope, structures, header, date and the decoded size of each part.
// Memory is bounded by the limits: the header, a description budget of twice max_header_bytes, and the table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bytes/base64.h"
#include "bytes/quoted-printable.h"
#include "mime/body-structure.h"
#include "mime/date-time.h"
#include "mime/message-parser.h"

namespace tegu::mime {

/** Values a row of the flat part table; the order is that of PartColumn in src/native/mime.ts. */
inline constexpr std::size_t k_part_columns = 10;

struct MessageDescription {
  std::uint64_t size_bytes = 0;
  std::string envelope;
  std::string body;
  std::string body_structure;
  /** k_part_columns values a row. */
  std::vector<double> parts;
  /** The message's own header with its empty line, whole lines, at most max_header_bytes. */
  std::string header;
  bool has_date = false;
  DateTime date;
  bool is_truncated = false;
};

class MessageDescriber final : private PartVisitor {
 public:
  MessageDescriber(const ParseLimits& limits, bool lf_to_crlf) noexcept;

  void feed(Bytes octets) noexcept { parser_.feed(octets); }

  /** Ends the message and fills in the description. */
  void finish(MessageDescription& description) noexcept;

  [[nodiscard]] const MessageParser& parser() const noexcept { return parser_; }

 private:
  void on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept override;
  void on_body(std::uint32_t row, Bytes octets) noexcept override;
  void on_end(std::uint32_t row) noexcept override;

  void read_date(Bytes header) noexcept;
  [[nodiscard]] bool is_message_root(const Part& part) const noexcept;

  const ParseLimits limits_;
  MessageParser parser_;
  BodyStructure structure_;
  std::string header_;
  bool has_date_ = false;
  DateTime date_;
  bool is_cut_ = false;
  /** One leaf is open at a time, so one decoder of each kind counts for all. */
  bytes::Base64Decoder base64_;
  bytes::QuotedPrintableDecoder quoted_printable_;
  std::uint64_t decoded_ = 0;
  /** By row, -1 where the encoding is not known. */
  std::vector<double> decoded_sizes_;
};

}  // namespace tegu::mime
