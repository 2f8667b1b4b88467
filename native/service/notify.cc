// See notify.h.
#include "service/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace tegu::service {

int notify(std::string_view socket_path, std::string_view state) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool usable = socket_path.size() >= 2 && socket_path.size() < sizeof(address.sun_path) &&
                      (socket_path[0] == '/' || socket_path[0] == '@');
  if (!usable) return EINVAL;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (socket_path[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size());
  const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                              reinterpret_cast<const sockaddr*>(&address), size);
  const int result = sent < 0 ? errno : 0;
  close(fd);
  return result;
}

}  // namespace tegu::service
