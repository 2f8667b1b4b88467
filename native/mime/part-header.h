// The Content-* fields of one part (RFC 2045, 2183, 1864, 3282, 2557), read in one pass.
//
// Of repeated fields the first counts, as in Dovecot. A Content-Type that names no type and subtype is as if
// it were text/plain; charset=us-ascii (RFC 2045 5.2, I04); garbage behind a good type is skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mime/parameter-list.h"

namespace tegu::mime {

/** Values are those of PartColumn.encoding. */
enum class TransferEncoding : std::uint8_t {
  seven_bit = 0,
  eight_bit = 1,
  binary = 2,
  quoted_printable = 3,
  base64 = 4,
  other = 5,
};

/** A media type; type and subtype as written, both non-empty. */
struct MediaType {
  std::string type;
  std::string subtype;
  ParameterList parameters;

  [[nodiscard]] bool is(std::string_view wanted_type) const noexcept;
  [[nodiscard]] bool is(std::string_view wanted_type, std::string_view wanted_subtype) const noexcept;
};

struct Disposition {
  std::string type;
  ParameterList parameters;
};

/** What the fields of one header say; absent fields are nullopt. */
struct PartHeader {
  /** nullopt when the field is absent or broken; `has_type_field` tells the two apart. */
  std::optional<MediaType> media_type;
  bool has_type_field = false;
  /** The token as written. */
  std::optional<std::string> encoding_token;
  std::optional<std::string> id;
  std::optional<std::string> description;
  std::optional<std::string> md5;
  std::optional<std::string> location;
  std::optional<Disposition> disposition;
  std::vector<std::string> languages;

  /** 7bit when the field is absent (RFC 2045 6.1). */
  [[nodiscard]] TransferEncoding encoding() const noexcept;
};

/** Reads the Content-* fields of `header`. */
void read_part_header(Bytes header, PartHeader& part) noexcept;

/** Reads a Content-Type value; nullopt when it has no type and subtype. */
[[nodiscard]] std::optional<MediaType> parse_media_type(Bytes value) noexcept;

}  // namespace tegu::mime
