// Text of unstructured field bodies: encoded words of RFC 2047 and raw 8-bit octets, as UTF-8.
//
// Words are decoded wherever they stand, also inside quoted strings and glued to text, because mailers put
// them there. Octets of neighbours in the same charset are joined before decoding, so that a character may
// lie across two words (E02). A word in an unknown charset or encoding stays as it is. The result has no CR,
// LF or NUL. Linear in the input.
#pragma once

#include <string>

#include "mime/charset.h"

namespace tegu::mime {

/** Appends the decoded text; the value may have folds. Raw octets: see append_raw_text. */
void append_header_text(std::string& out, Bytes value, Charset raw_charset) noexcept;

/**
 * Appends octets that carry no label of their own: UTF-8 where they are valid UTF-8, else in `charset` if
 * that is known, else in a guessed one (E03). Controls become spaces, NUL U+FFFD.
 */
void append_raw_text(std::string& out, Bytes text, Charset charset) noexcept;

}  // namespace tegu::mime
