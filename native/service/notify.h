// Tells the service manager about state changes with the sd_notify protocol (systemd, man sd_notify(3)): one
// datagram of `KEY=VALUE` lines to the socket named in NOTIFY_SOCKET. Node has no datagram Unix sockets;
// hence here.
#pragma once

#include <string_view>

namespace tegu::service {

/** Sends `state` to `socket_path` (`/path` or `@abstract`). Returns 0 or a positive errno; EINVAL for an
 * unusable path. Never blocks: a full queue of the manager gives EAGAIN. */
[[nodiscard]] int notify(std::string_view socket_path, std::string_view state) noexcept;

}  // namespace tegu::service
