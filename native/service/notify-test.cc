// notify() against a real datagram socket, by path and by abstract name.
#include "service/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "test/check.h"

namespace {

std::string received_through(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  CHECK_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
  CHECK_EQ(tegu::service::notify(name, "READY=1\nSTATUS=serving"), 0);
  char buffer[64] = {};
  const ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
  close(fd);
  return got < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(got));
}

}  // namespace

TEST("notify: reaches a socket path") {
  const std::string path = "/tmp/tegu-notify-test-" + std::to_string(getpid());
  CHECK_EQ(received_through(path), std::string("READY=1\nSTATUS=serving"));
  unlink(path.c_str());
}

TEST("notify: reaches an abstract socket") {
  CHECK_EQ(received_through("@tegu-notify-test-" + std::to_string(getpid())),
           std::string("READY=1\nSTATUS=serving"));
}

TEST("notify: reports what failed") {
  CHECK_EQ(tegu::service::notify("", "READY=1"), EINVAL);
  CHECK_EQ(tegu::service::notify("relative/path", "READY=1"), EINVAL);
  CHECK_EQ(tegu::service::notify(std::string(200, '/'), "READY=1"), EINVAL);
  CHECK_EQ(tegu::service::notify("/dev/null/socket", "READY=1"), ENOTDIR);
}
