// Implementation of text-search.h: transfer decoding, charset, folding, search, a slice at a time.
#include "mime/text-search.h"

#include <algorithm>
#include <array>
#include <utility>

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

SubstringFinder::SubstringFinder(std::string needle) noexcept
    : needle_(std::move(needle)), border_(needle_.size()) {
  for (std::uint32_t i = 1, length = 0; i < needle_.size(); ++i) {
    while (length > 0 && needle_[i] != needle_[length]) length = border_[length - 1];
    if (needle_[i] == needle_[length]) ++length;
    border_[i] = length;
  }
}

bool SubstringFinder::feed(std::string_view piece) noexcept {
  if (needle_.empty()) return true;
  const char* const needle = needle_.data();
  const std::size_t size = needle_.size();
  // Searching for the first octet pays where it is rare; the lead octets of one alphabet are every second
  // octet of a text.
  const bool skips = static_cast<unsigned char>(needle[0]) < 0x80;
  std::uint32_t matched = matched_;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (matched == 0 && skips) {
      i = piece.find(needle[0], i);
      if (i == std::string_view::npos) break;
    }
    const char octet = piece[i];
    while (matched != 0 && octet != needle[matched]) matched = border_[matched - 1];
    if (octet == needle[matched]) ++matched;
    if (matched == size) {
      matched_ = 0;
      return true;
    }
  }
  matched_ = matched;
  return false;
}

TextSearch::TextSearch(const ParseLimits& limits, bool lf_to_crlf, std::string_view needle,
                       bool include_header) noexcept
    : parser_(limits, lf_to_crlf, *this), include_header_(include_header), finder_(fold_for_search(needle)) {
  is_found_ = finder_.feed("");
}

void TextSearch::feed(Bytes octets) noexcept {
  if (!is_found_) parser_.feed(octets);
}

void TextSearch::finish() noexcept {
  if (!is_found_) parser_.finish();
}

void TextSearch::search_line(std::string_view text) noexcept {
  folder_ = SearchFolder();
  finder_.reset();
  folded_.clear();
  folder_.feed(text, folded_);
  is_found_ = is_found_ || finder_.feed(folded_);
}

void TextSearch::search_header(Bytes header, const PartHeader& fields) noexcept {
  const Charset charset = trusted_charset(fields);
  HeaderReader reader(header);
  HeaderField field;
  while (!is_found_ && reader.next(field)) {
    text_ = field.name;
    if (!field.name.empty()) text_.append(": ");
    append_header_text(text_, field.value, charset);
    search_line(text_);
  }
  // File names of RFC 2231 cannot be found in the fields as they stand.
  for (const auto* const parameters : {fields.media_type ? &fields.media_type->parameters : nullptr,
                                       fields.disposition ? &fields.disposition->parameters : nullptr}) {
    if (parameters == nullptr) continue;
    for (const std::string_view name : {"name", "filename"}) {
      text_.clear();
      if (append_parameter_text(text_, *parameters, name, charset)) search_line(text_);
    }
  }
}

void TextSearch::on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept {
  const Part& part = parser_.parts()[row];
  const bool in_message = part.parent != k_no_row &&
                          parser_.parts()[static_cast<std::size_t>(part.parent)].kind == PartKind::message;
  if (!is_found_ && (include_header_ || in_message)) search_header(header, fields);
  open_body(part, fields);
}

void TextSearch::open_body(const Part& part, const PartHeader& fields) noexcept {
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
  finder_.reset();
}

void TextSearch::on_body(std::uint32_t, Bytes octets) noexcept {
  if (!in_body_) return;
  std::array<std::uint8_t, k_room> room;
  while (!octets.empty() && !is_found_) {
    const Bytes slice = octets.first(std::min(octets.size(), k_slice));
    octets = octets.subspan(slice.size());
    if (encoding_ == TransferEncoding::base64) {
      search_decoded(Bytes(room.data(), base64_.feed(slice, room.data())));
    } else if (encoding_ == TransferEncoding::quoted_printable) {
      search_decoded(Bytes(room.data(), quoted_printable_.feed(slice, room.data())));
    } else {
      search_decoded(slice);
    }
  }
}

void TextSearch::on_end(std::uint32_t row) noexcept {
  if (!in_body_ || parser_.parts()[row].kind != PartKind::leaf) return;
  std::array<std::uint8_t, bytes::QuotedPrintableDecoder::max_output(0)> room;
  search_decoded(Bytes(room.data(), base64_.finish(room.data())));
  search_decoded(Bytes(room.data(), quoted_printable_.finish(room.data())));
  text_.clear();
  if (guess_) guess_->finish(text_);
  if (!guess_) charset_->finish(text_);
  search_text();
  in_body_ = false;
}

void TextSearch::search_decoded(Bytes octets) noexcept {
  text_.clear();
  if (guess_) {
    guess_->feed(octets, text_);
  } else {
    charset_->feed(octets, text_);
  }
  search_text();
}

/** Folds and searches what stands in `text_`. */
void TextSearch::search_text() noexcept {
  folded_.clear();
  folder_.feed(text_, folded_);
  is_found_ = is_found_ || finder_.feed(folded_);
}

}  // namespace tegu::mime
