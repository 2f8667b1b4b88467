// Implementation of message-description.h.
#include "mime/message-description.h"

#include "bytes/ascii.h"
#include "mime/header-field.h"

namespace tegu::mime {
namespace {

/** Descriptions of a small header may be larger than it: every part has defaults. */
constexpr std::size_t k_min_budget = 64 * 1024;

}  // namespace

MessageDescriber::MessageDescriber(const ParseLimits& limits, bool lf_to_crlf) noexcept
    : limits_(limits),
      parser_(limits, lf_to_crlf, *this),
      structure_(limits.max_header_bytes * 2 + k_min_budget),
      quoted_printable_(lf_to_crlf) {}

bool MessageDescriber::is_message_root(const Part& part) const noexcept {
  return part.parent == k_no_row ||
         parser_.parts()[static_cast<std::size_t>(part.parent)].kind == PartKind::message;
}

void MessageDescriber::on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept {
  const Part& part = parser_.parts()[row];
  if (row == 0) {
    header_ = bytes::as_text(header);
    read_date(header);
  }
  if (!structure_.add(part, fields, header, is_message_root(part))) is_cut_ = true;
}

// Of repeated Date fields the last counts, as in ENVELOPE.
void MessageDescriber::read_date(Bytes header) noexcept {
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    if (!bytes::equals_ignore_case(field.name, "Date")) continue;
    has_date_ = parse_date(field.value, date_) == DateStatus::ok;
  }
}

void MessageDescriber::on_body(std::uint32_t row, Bytes octets) noexcept {
  switch (parser_.parts()[row].encoding) {
    case TransferEncoding::base64:
      decoded_ += base64_.feed(octets, nullptr);
      break;
    case TransferEncoding::quoted_printable:
      decoded_ += quoted_printable_.feed(octets, nullptr);
      break;
    case TransferEncoding::seven_bit:
    case TransferEncoding::eight_bit:
    case TransferEncoding::binary:
    case TransferEncoding::other:
      break;
  }
}

void MessageDescriber::on_end(std::uint32_t row) noexcept {
  const Part& part = parser_.parts()[row];
  if (decoded_sizes_.size() <= row) decoded_sizes_.resize(row + std::size_t{1});
  double& size = decoded_sizes_[row];
  // RFC 2045 6.4: only leaves are encoded.
  if (part.encoding == TransferEncoding::other && part.kind == PartKind::leaf) {
    size = -1;
  } else if (part.kind == PartKind::leaf && part.encoding == TransferEncoding::base64) {
    size = static_cast<double>(decoded_ + base64_.finish(nullptr));
  } else if (part.kind == PartKind::leaf && part.encoding == TransferEncoding::quoted_printable) {
    size = static_cast<double>(decoded_ + quoted_printable_.finish(nullptr));
  } else {
    size = static_cast<double>(part.size());
  }
  decoded_ = 0;
}

void MessageDescriber::finish(MessageDescription& description) noexcept {
  parser_.finish();
  const PartTable& parts = parser_.parts();
  description.size_bytes = parser_.size_bytes();
  description.envelope = structure_.envelope();
  structure_.write(description.body, parts, false);
  structure_.write(description.body_structure, parts, true);
  description.header = std::move(header_);
  description.has_date = has_date_;
  description.date = date_;
  description.is_truncated = parser_.is_truncated() || is_cut_;
  description.parts.reserve(parts.size() * k_part_columns);
  for (std::size_t row = 0; row < parts.size(); ++row) {
    const Part& part = parts[row];
    for (const double value : {static_cast<double>(part.header_start), static_cast<double>(part.body_start),
                               static_cast<double>(part.body_end), static_cast<double>(part.parent),
                               static_cast<double>(part.first_child), static_cast<double>(part.next_sibling),
                               static_cast<double>(part.kind), static_cast<double>(part.encoding),
                               static_cast<double>(part.lines), decoded_sizes_[row]}) {
      description.parts.push_back(value);
    }
  }
}

}  // namespace tegu::mime
