// Implementation of header-selection.h.
#include "mime/header-selection.h"

#include <algorithm>

#include "bytes/ascii.h"
#include "mime/encoded-word.h"
#include "mime/header-field.h"
#include "mime/part-header.h"

namespace tegu::mime {
namespace {

std::string lower(std::string_view text) noexcept {
  std::string out;
  for (const char c : text) out.push_back(bytes::ascii_lower(c));
  return out;
}

/** The charset that the header says its part is in; unknown when it says none. */
Charset charset_of(Bytes header) noexcept {
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    if (!bytes::equals_ignore_case(field.name, "Content-Type")) continue;
    const auto media_type = parse_media_type(field.value);
    const std::string* const label = media_type ? find_parameter(media_type->parameters, "charset") : nullptr;
    return label == nullptr ? Charset{} : find_charset(*label);
  }
  return {};
}

void trim(std::string& text) noexcept {
  const std::size_t end = text.find_last_not_of(" \t");
  text.resize(end == std::string::npos ? 0 : end + 1);
  text.erase(0, text.find_first_not_of(" \t"));
}

}  // namespace

std::string select_header_fields(Bytes header, const std::vector<std::string>& names, bool is_not) noexcept {
  std::vector<std::string> wanted;
  for (const std::string& name : names) wanted.push_back(lower(name));
  std::sort(wanted.begin(), wanted.end());
  std::string out;
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    const bool is_listed = std::binary_search(wanted.begin(), wanted.end(), lower(field.name));
    const bool is_selected = field.name.empty() ? is_not : is_listed != is_not;
    if (is_selected) out.append(bytes::as_text(header.subspan(field.start, field.end - field.start)));
  }
  // A header that ends within a line lends the line its end, or the empty line would become part of the
  // field.
  if (!out.empty() && out.back() != '\n') out.append("\r\n");
  out.append("\r\n");
  return out;
}

std::vector<std::string> header_values(Bytes header, std::string_view name) noexcept {
  std::vector<std::string> values;
  const Charset charset = charset_of(header);
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    if (field.name.empty() || !bytes::equals_ignore_case(field.name, name)) continue;
    append_header_text(values.emplace_back(), field.value, charset);
    trim(values.back());
  }
  return values;
}

bool header_parameter(Bytes header, std::string_view field_name, std::string_view parameter,
                      std::string& text) noexcept {
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    if (field.name.empty() || !bytes::equals_ignore_case(field.name, field_name)) continue;
    ParameterList parameters;
    FieldCursor cursor(field.value);
    read_parameters(cursor, parameters);
    return append_parameter_text(text, parameters, parameter, charset_of(header));
  }
  return false;
}

}  // namespace tegu::mime
