// Modified UTF-7, the encoding of mailbox names in IMAP4rev1 and in Maildir++ folder names (RFC 3501 5.1.3).
//
// Both directions are strict and inverse to each other: each name has exactly one encoded form, and every
// other form is refused (I16), so that two spellings can never name one folder or slip past a rule about
// names. Refused: unpaired surrogates, raw 8-bit and control octets, ASCII inside base64, padding bits that
// are not zero, an unclosed shift, two shifts where one would do. Which decoded characters a name may hold is
// the caller's rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tegu::imap {

/**
 * Encodes UTF-16 text into `encoded` (at most 5 octets a code unit). False when a surrogate is unpaired;
 * `encoded` is then unspecified.
 */
[[nodiscard]] bool encode_mailbox_name(std::u16string_view name, std::string& encoded);

/** Decodes into UTF-16 (at most one code unit an octet). False for anything but a canonical encoding. */
[[nodiscard]] bool decode_mailbox_name(std::span<const std::uint8_t> encoded, std::u16string& name);

}  // namespace tegu::imap
