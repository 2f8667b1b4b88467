// Reading one message file from begin to end in pieces, on a thread that may block.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "bytes/view.h"

namespace tegu::addon {

/** Octets of one read: large enough that system calls do not show, small enough for the cache. */
constexpr std::size_t k_read_bytes = 256 * 1024;

/**
 * Hands the file's octets to `take` (Bytes → bool, false ends the reading). Only a regular file is read, and
 * none through a symbolic link. Returns 0 or an errno; `stage` names the system call that failed.
 */
template <typename Take>
[[nodiscard]] int read_message_file(const char* path, const char*& stage, Take take) noexcept {
  stage = "open";
  // O_NONBLOCK: a FIFO somebody put there must not hold the thread.
  const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return errno;
  struct stat status;
  int error = 0;
  stage = "fstat";
  if (fstat(fd, &status) != 0) {
    error = errno;
  } else if (!S_ISREG(status.st_mode)) {
    error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  }
  const std::unique_ptr<std::uint8_t[]> buffer(error == 0 ? new std::uint8_t[k_read_bytes] : nullptr);
  if (error == 0) stage = "read";
  while (error == 0) {
    const ssize_t count = read(fd, buffer.get(), k_read_bytes);
    if (count == 0) break;
    if (count < 0) {
      if (errno != EINTR) error = errno;
    } else if (!take(bytes::Bytes(buffer.get(), static_cast<std::size_t>(count)))) {
      break;
    }
  }
  close(fd);
  return error;
}

}  // namespace tegu::addon
