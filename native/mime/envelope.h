// ENVELOPE of a message header (RFC 9051 7.5.2, RFC 3501 7.4.2), ready to be sent.
#pragma once

#include <cstddef>
#include <string>

#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

/** The envelope of a message that has none of the fields. */
inline constexpr const char* k_empty_envelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

/**
 * Appends `(date subject from sender reply-to to cc bcc in-reply-to message-id)`: always ten fields, NIL for
 * absent ones, Sender and Reply-To as From where they are absent or hold no address (I07). Repeated address
 * fields count as one list, so that no reader sees other senders than ours; of other repeated fields the last
 * counts, as in Dovecot. Address lists end once more than `max_size` octets are written; the result is then
 * false and the envelope well-formed all the same.
 */
bool append_envelope(std::string& out, Bytes header, std::size_t max_size) noexcept;

}  // namespace tegu::mime
