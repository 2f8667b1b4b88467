// Parameters of Content-Type and Content-Disposition (RFC 2045 5.1), with the continuations of RFC 2231 3.
//
// Reading is lenient where mailers are sloppy: unquoted values may hold special characters, empty and broken
// parameters are skipped. At most k_max_parameters of a field are kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mime/charset.h"
#include "mime/field-cursor.h"

namespace tegu::mime {

/** Real fields have fewer than ten; a message must not make us sort a million. */
inline constexpr std::size_t k_max_parameters = 200;

struct Parameter {
  std::string name;
  std::string value;
};

using ParameterList = std::vector<Parameter>;

/** Reads `*(";" attribute "=" value)` from the cursor to the end of the field, in order, segments not joined.
 */
void read_parameters(FieldCursor& cursor, ParameterList& parameters) noexcept;

/** Value of the first parameter of that name in any case; nullptr when there is none. */
[[nodiscard]] const std::string* find_parameter(const ParameterList& parameters,
                                                std::string_view name) noexcept;

/**
 * The list as BODYSTRUCTURE shows it: segments name*0, name*1... joined to `name`, or to `name*` in the
 * extended form when one of them is encoded (RFC 2231 4.1); values stay encoded, decoding is the client's
 * part. Segments with a gap stay as they are. Plain parameters come first.
 */
[[nodiscard]] ParameterList joined_parameters(const ParameterList& parameters) noexcept;

/**
 * Appends the text of parameter `name` as UTF-8; false when there is none. The extended form wins over the
 * plain one (RFC 2231 4); segments are joined up to the first gap and decoded as one, so that a character may
 * lie across two; plain values are decoded as headers are: RFC 2047 words, which do not belong here but are
 * common, and raw octets in `raw_charset` or a guessed one.
 */
bool append_parameter_text(std::string& out, const ParameterList& parameters, std::string_view name,
                           Charset raw_charset) noexcept;

}  // namespace tegu::mime
