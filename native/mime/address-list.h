// Address lists of header fields (RFC 5322 3.4, with the obsolete forms of 4.4), total over any input.
//
// Well-formed lists come out as the RFC says. Broken ones come out as Dovecot shows them, since clients know
// that: a part that is missing is named MISSING_MAILBOX, MISSING_DOMAIN, SYNTAX_ERROR or INVALID_ROUTE, never
// NIL, which would look like a group marker. Unlike there, the addresses behind a broken one are still found:
// reading goes on at the next comma or semicolon. Names stay encoded (RFC 2047); linear, no recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mime/field-cursor.h"

namespace tegu::mime {

enum class AddressKind : std::uint8_t { mailbox, group_start, group_end };

struct Address {
  AddressKind kind = AddressKind::mailbox;
  /** Display name, or the comment behind a bare address. */
  std::optional<std::string> name;
  /** Obsolete source route "@a,@b". */
  std::optional<std::string> route;
  /** Local part without quoting; for group_start the group's name. */
  std::string mailbox;
  std::string host;
};

/** Receives the addresses in order. */
class AddressSink {
 public:
  virtual ~AddressSink() = default;
  /** False ends the reading. */
  virtual bool on_address(const Address& address) noexcept = 0;
};

/** Reads the list in a field value. Groups come as a start, their members, an end. */
void read_addresses(Bytes value, AddressSink& sink) noexcept;

}  // namespace tegu::mime
