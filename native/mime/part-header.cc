// Implementation of part-header.h.
#include "mime/part-header.h"

#include "bytes/ascii.h"
#include "mime/header-field.h"

namespace tegu::mime {

using bytes::equals_ignore_case;

namespace {

/** Languages of one field that are kept; the field is a hint for readers. */
constexpr std::size_t k_max_languages = 50;
constexpr unsigned k_value_octet = bytes::k_token | bytes::k_eight_bit;

// RFC 2045 6.1: the value is one token.
std::optional<std::string> parse_encoding(Bytes value) noexcept {
  FieldCursor cursor(value);
  cursor.skip_cfws();
  std::string token(cursor.take_run(k_value_octet));
  cursor.skip_cfws();
  // A parameter is tolerated behind it; anything else means that we do not know what was meant.
  if (token.empty() || !(cursor.at_end() || cursor.is_at(';'))) return std::nullopt;
  return token;
}

// RFC 2183 2
std::optional<Disposition> parse_disposition(Bytes value) noexcept {
  FieldCursor cursor(value);
  cursor.skip_cfws();
  Disposition disposition;
  disposition.type = cursor.take_run(k_value_octet);
  read_parameters(cursor, disposition.parameters);
  if (disposition.type.empty()) {
    if (disposition.parameters.empty()) return std::nullopt;
    // RFC 2183 2.8: an unknown type is treated as attachment.
    disposition.type = "attachment";
  }
  return disposition;
}

// RFC 3282 2: tags separated by commas.
void parse_languages(Bytes value, std::vector<std::string>& languages) noexcept {
  FieldCursor cursor(value);
  do {
    cursor.skip_cfws();
    const std::string_view tag = cursor.take_run(bytes::k_atext | bytes::k_eight_bit);
    if (tag.empty()) return;
    if (languages.size() < k_max_languages) languages.emplace_back(tag);
    cursor.skip_cfws();
  } while (cursor.take(','));
}

void set_text(std::optional<std::string>& text, Bytes value) noexcept {
  if (text) return;
  append_unfolded(text.emplace(), value);
}

void read_field(const HeaderField& field, PartHeader& part) noexcept {
  const std::string_view name = field.name.substr(8);
  if (equals_ignore_case(name, "Type")) {
    if (part.has_type_field) return;
    part.has_type_field = true;
    part.media_type = parse_media_type(field.value);
  } else if (equals_ignore_case(name, "Transfer-Encoding")) {
    if (!part.encoding_token) part.encoding_token = parse_encoding(field.value);
  } else if (equals_ignore_case(name, "Disposition")) {
    if (!part.disposition) part.disposition = parse_disposition(field.value);
  } else if (equals_ignore_case(name, "Language")) {
    if (part.languages.empty()) parse_languages(field.value, part.languages);
  } else if (equals_ignore_case(name, "ID")) {
    set_text(part.id, field.value);
  } else if (equals_ignore_case(name, "Description")) {
    set_text(part.description, field.value);
  } else if (equals_ignore_case(name, "MD5")) {
    set_text(part.md5, field.value);
  } else if (equals_ignore_case(name, "Location")) {
    set_text(part.location, field.value);
  }
}

}  // namespace

bool MediaType::is(std::string_view wanted_type) const noexcept {
  return equals_ignore_case(type, wanted_type);
}

bool MediaType::is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept {
  return is(wanted_type) && equals_ignore_case(subtype, wanted_subtype);
}

TransferEncoding PartHeader::encoding() const noexcept {
  if (!encoding_token) return TransferEncoding::seven_bit;
  struct Name {
    std::string_view token;
    TransferEncoding encoding;
  };
  static constexpr Name k_names[] = {
      {"7bit", TransferEncoding::seven_bit}, {"8bit", TransferEncoding::eight_bit},
      {"binary", TransferEncoding::binary},  {"quoted-printable", TransferEncoding::quoted_printable},
      {"base64", TransferEncoding::base64},
  };
  for (const Name& name : k_names) {
    if (equals_ignore_case(*encoding_token, name.token)) return name.encoding;
  }
  return TransferEncoding::other;
}

std::optional<MediaType> parse_media_type(Bytes value) noexcept {
  FieldCursor cursor(value);
  MediaType media_type;
  cursor.skip_cfws();
  media_type.type = cursor.take_run(k_value_octet);
  cursor.skip_cfws();
  if (!cursor.take('/')) {
    // "text" alone is the type of RFC 1049 mail, and of mailers that never read on.
    if (!equals_ignore_case(media_type.type, "text")) return std::nullopt;
    media_type.subtype = "plain";
  } else {
    cursor.skip_cfws();
    media_type.subtype = cursor.take_run(k_value_octet);
  }
  if (media_type.type.empty() || media_type.subtype.empty()) return std::nullopt;
  read_parameters(cursor, media_type.parameters);
  return media_type;
}

void read_part_header(Bytes header, PartHeader& part) noexcept {
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    if (bytes::starts_with_ignore_case(field.name, "Content-")) read_field(field, part);
  }
}

}  // namespace tegu::mime
