// Header fields of RFC 5322 2.2 out of the octets of a header, total over any input.
//
// A field is its first line and the lines after it that begin with white space. A line without a colon has no
// name; it and its continuations are handed out as a nameless field, so that nothing of a header is lost.
// Line ends may be CRLF or LF. Nothing is copied: views point into the header, which the caller keeps alive.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

/** One field. */
struct HeaderField {
  /** Without the white space that obsolete syntax allows before the colon; empty when there is no colon. */
  std::string_view name;
  /** Octets behind the colon, folds included, without the last line end; the whole line when there is no
   * colon. */
  Bytes value;
  /** Where the field lies in the header, last line end included. */
  std::size_t start = 0;
  std::size_t end = 0;
};

/** Reads the fields of a header one after the other. */
class HeaderReader {
 public:
  explicit HeaderReader(Bytes header) noexcept : header_(header) {}

  /** The next field; false at the empty line or the end of the octets. */
  [[nodiscard]] bool next(HeaderField& field) noexcept;

 private:
  /** Offset behind the line that begins at `from`. */
  std::size_t line_end(std::size_t from) const noexcept;

  Bytes header_;
  std::size_t position_ = 0;
};

/**
 * Appends a field's value as one line: white space behind the colon skipped, line ends of folds taken out
 * (RFC 5322 2.2.3), other CR and LF as a space, NUL as U+FFFD. White space at the end stays.
 */
void append_unfolded(std::string& out, Bytes value) noexcept;

}  // namespace tegu::mime
