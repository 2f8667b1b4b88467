// Implementation of searchable-text.h: transfer decoding, charset, folding, a slice at a time.
#include "mime/searchable-text.h"

#include <algorithm>
#include <array>

#include "bytes/ascii.h"
#include "mime/encoded-word.h"
#include "mime/header-field.h"

namespace tegu::mime {
namespace {

/** Encoded octets decoded at once; keeps every buffer in the cache. */
constexpr std::size_t k_slice = 8 * 1024;
constexpr std::size_t k_room = bytes::QuotedPrintableDecoder::max_output(k_slice);
static_assert(k_room >= bytes::Base64Decoder::max_output(k_slice));

/** A charset that the octets of its texts do not belie; unknown where the octets should be asked. */
Charset trusted_charset(const PartHeader& fields) noexcept {
  const std::string* const label =
      fields.media_type ? find_parameter(fields.media_type->parameters, "charset") : nullptr;
  if (label == nullptr) return {};
  const Charset charset = find_charset(*label);
  const bool is_default = charset.kind == CharsetKind::ascii || charset.kind == CharsetKind::utf8;
  return is_default ? Charset{} : charset;
}

}  // namespace

SearchableText::SearchableText(const ParseLimits& limits, bool lf_to_crlf, bool include_header,
                               SearchableTextSink& sink) noexcept
    : parser_(limits, lf_to_crlf, *this), include_header_(include_header), sink_(sink) {}

void SearchableText::feed(Bytes octets) noexcept {
  if (!sink_.is_full()) parser_.feed(octets);
}

void SearchableText::finish() noexcept {
  if (!sink_.is_full()) parser_.finish();
}

void SearchableText::give_line(std::string_view text, bool in_body) noexcept {
  folder_ = SearchFolder();
  folded_.clear();
  folder_.feed(text, folded_);
  sink_.begin_text(in_body);
  sink_.take_text(folded_);
}

void SearchableText::give_header(Bytes header, const PartHeader& fields, bool in_body) noexcept {
  const Charset charset = trusted_charset(fields);
  HeaderReader reader(header);
  HeaderField field;
  while (!sink_.is_full() && reader.next(field)) {
    text_ = field.name;
    if (!field.name.empty()) text_.append(": ");
    append_header_text(text_, field.value, charset);
    give_line(text_, in_body);
  }
  // File names of RFC 2231 cannot be found in the fields as they stand.
  for (const auto* const parameters : {fields.media_type ? &fields.media_type->parameters : nullptr,
                                       fields.disposition ? &fields.disposition->parameters : nullptr}) {
    if (parameters == nullptr) continue;
    for (const std::string_view name : {"name", "filename"}) {
      text_.clear();
      if (append_parameter_text(text_, *parameters, name, charset)) give_line(text_, in_body);
    }
  }
}

void SearchableText::on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept {
  const Part& part = parser_.parts()[row];
  const bool in_message = part.parent != k_no_row &&
                          parser_.parts()[static_cast<std::size_t>(part.parent)].kind == PartKind::message;
  if (!sink_.is_full() && (include_header_ || in_message)) give_header(header, fields, in_message);
  open_body(part, fields);
}

void SearchableText::open_body(const Part& part, const PartHeader& fields) noexcept {
  const bool is_message = fields.media_type && fields.media_type->is("message");
  in_body_ = part.kind == PartKind::leaf && (part.is_text || part.is_opaque || is_message) &&
             part.encoding != TransferEncoding::other;
  if (!in_body_) return;
  encoding_ = part.encoding;
  const Charset charset = trusted_charset(fields);
  charset_.reset();
  guess_.reset();
  if (charset.kind != CharsetKind::unknown) charset_.emplace(charset);
  if (!charset_ || !charset_->is_available()) guess_.emplace();
  folder_ = SearchFolder();
  sink_.begin_text(true);
}

void SearchableText::on_body(std::uint32_t, Bytes octets) noexcept {
  if (!in_body_) return;
  std::array<std::uint8_t, k_room> room;
  while (!octets.empty() && !sink_.is_full()) {
    const Bytes slice = octets.first(std::min(octets.size(), k_slice));
    octets = octets.subspan(slice.size());
    if (encoding_ == TransferEncoding::base64) {
      give_decoded(Bytes(room.data(), base64_.feed(slice, room.data())));
    } else if (encoding_ == TransferEncoding::quoted_printable) {
      give_decoded(Bytes(room.data(), quoted_printable_.feed(slice, room.data())));
    } else {
      give_decoded(slice);
    }
  }
}

void SearchableText::on_end(std::uint32_t row) noexcept {
  if (!in_body_ || parser_.parts()[row].kind != PartKind::leaf) return;
  std::array<std::uint8_t, bytes::QuotedPrintableDecoder::max_output(0)> room;
  give_decoded(Bytes(room.data(), base64_.finish(room.data())));
  give_decoded(Bytes(room.data(), quoted_printable_.finish(room.data())));
  text_.clear();
  if (guess_) guess_->finish(text_);
  if (!guess_) charset_->finish(text_);
  give_text();
  in_body_ = false;
}

void SearchableText::give_decoded(Bytes octets) noexcept {
  text_.clear();
  if (guess_) {
    guess_->feed(octets, text_);
  } else {
    charset_->feed(octets, text_);
  }
  give_text();
}

/** Folds and gives away what stands in `text_`. */
void SearchableText::give_text() noexcept {
  folded_.clear();
  folder_.feed(text_, folded_);
  sink_.take_text(folded_);
}

}  // namespace tegu::mime
