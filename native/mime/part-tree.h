// The structure of a message as a flat table: one row a part, in document order, linked by row numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mime/part-header.h"

namespace tegu::mime {

/** Bounds of one parse (settings mime.*). What lies beyond is one opaque part. */
struct ParseLimits {
  /** Rows of the table, at least 1. */
  std::uint32_t max_parts = 1000;
  /** Levels of multiparts and messages, the message itself being the first; at least 1. */
  std::uint32_t max_depth = 60;
  /** Octets of one header that are looked at. */
  std::size_t max_header_bytes = 1 << 20;
};

/** Values are those of PartColumn.kind. */
enum class PartKind : std::uint8_t { leaf = 0, multipart = 1, message = 2 };

/** No row. */
inline constexpr std::int32_t k_no_row = -1;

/** One part. Offsets count octets of the message, with every bare LF as two where the parser was told so. */
struct Part {
  std::uint64_t header_start = 0;
  std::uint64_t body_start = 0;
  std::uint64_t body_end = 0;
  /** Line ends inside the body. */
  std::uint64_t lines = 0;
  std::int32_t parent = k_no_row;
  /** The only child of a message is the root part of the message inside. */
  std::int32_t first_child = k_no_row;
  std::int32_t next_sibling = k_no_row;
  /** 1 for row 0. */
  std::uint32_t depth = 1;
  PartKind kind = PartKind::leaf;
  TransferEncoding encoding = TransferEncoding::seven_bit;
  /** A multipart or message that a limit keeps from being looked into, or the rest behind the last part
   * allowed. */
  bool is_opaque = false;
  /** A text/ type, given or by default: BODYSTRUCTURE tells its lines. */
  bool is_text = false;
  /** multipart/digest: parts without a type are messages (RFC 2046 5.1.5). */
  bool is_digest = false;
  /** No type was given and the default of a digest applies. */
  bool is_message_by_default = false;

  /** Octets of the body. */
  [[nodiscard]] std::uint64_t size() const noexcept { return body_end - body_start; }
};

using PartTable = std::vector<Part>;

}  // namespace tegu::mime
