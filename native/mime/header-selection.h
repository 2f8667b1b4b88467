// HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051 6.4.5.1), and all values of one field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

/**
 * The fields whose name is (or, with `is_not`, is not) one of `names` in any case, octet for octet and in
 * order, then an empty line, which is there even when no field is. Lines without a name belong to the .NOT
 * form only.
 */
[[nodiscard]] std::string select_header_fields(Bytes header, const std::vector<std::string>& names,
                                               bool is_not) noexcept;

/**
 * The values of every field of that name as UTF-8 text (see append_header_text), without white space at the
 * ends. Raw octets are read in the charset that the header's Content-Type names, else guessed.
 */
[[nodiscard]] std::vector<std::string> header_values(Bytes header, std::string_view name) noexcept;

/**
 * The decoded text of a parameter of the first field of that name (see append_parameter_text); false when
 * there is no such field or parameter.
 */
[[nodiscard]] bool header_parameter(Bytes header, std::string_view field_name, std::string_view parameter,
                                    std::string& text) noexcept;

}  // namespace tegu::mime
