// Plain system calls behind each kind of op: what the thread backend runs, and what the ring leaves to its
// workers.
#include "maildir/io-op.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

namespace tegu::maildir {
namespace {

constexpr std::size_t k_copy_buffer_bytes = 256 * 1024;

std::int64_t or_errno(ssize_t result) noexcept {
  return result < 0 ? -errno : result;
}

// glibc has renameat2 only since 2.28 and musl only since 1.2.4, the kernel since 3.15.
int rename_with_flags(const char* from, const char* to, unsigned flags) noexcept {
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

std::int64_t copy_through_memory(int from, off_t from_offset, int to, off_t to_offset,
                                 std::size_t length) noexcept {
  const std::size_t wanted = std::min(length, k_copy_buffer_bytes);
  const std::unique_ptr<char[]> buffer(new (std::nothrow) char[wanted]);
  if (!buffer) return -ENOMEM;
  const ssize_t got = pread(from, buffer.get(), wanted, from_offset);
  if (got <= 0) return or_errno(got);
  // A short write is reported as such: the caller continues at the new offsets.
  return or_errno(pwrite(to, buffer.get(), static_cast<std::size_t>(got), to_offset));
}

std::int64_t copy_octets(const Op& op) noexcept {
  auto from_offset = static_cast<off64_t>(op.offset);
  auto to_offset = static_cast<off64_t>(op.offset2);
  const auto copied = syscall(SYS_copy_file_range, op.fd, &from_offset, op.fd2, &to_offset, op.length, 0U);
  if (copied > 0) return copied;
  // 0 may also mean "cannot" (files of /proc, some network file systems): the plain read decides what the end
  // is.
  const bool is_refused = copied == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                          errno == EOPNOTSUPP || errno == EPERM || errno == ETXTBSY;
  if (!is_refused) return -errno;
  return copy_through_memory(op.fd, static_cast<off_t>(op.offset), op.fd2, static_cast<off_t>(op.offset2),
                             op.length);
}

}  // namespace

std::int64_t run_op(Op& op) noexcept {
  switch (op.kind) {
    case OpKind::open:
      return or_errno(openat(AT_FDCWD, op.path, op.flags, op.mode));
    case OpKind::write:
      return or_errno(
          pwritev(op.fd, op.vectors, static_cast<int>(op.vector_count), static_cast<off_t>(op.offset)));
    case OpKind::fsync:
      return or_errno(fsync(op.fd));
    case OpKind::fdatasync:
      return or_errno(fdatasync(op.fd));
    case OpKind::close:
      return or_errno(close(op.fd));
    case OpKind::rename:
      return or_errno(rename_with_flags(op.path, op.path2, static_cast<unsigned>(op.flags)));
    case OpKind::link:
      return or_errno(linkat(AT_FDCWD, op.path, AT_FDCWD, op.path2, 0));
    case OpKind::unlink:
      return or_errno(unlinkat(AT_FDCWD, op.path, 0));
    case OpKind::copy:
      return copy_octets(op);
    case OpKind::call:
      return op.call();
  }
  return -EINVAL;
}

}  // namespace tegu::maildir
