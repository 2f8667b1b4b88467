// See system-error.h. Texts are ours: strerror depends on the locale and is not safe in threads everywhere.
#include "addon/system-error.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace tegu::addon {
namespace {

struct Row {
  int error;
  const char* name;
  const char* text;
};

constexpr Row k_rows[] = {
    {EPERM, "EPERM", "operation not permitted"},
    {ENOENT, "ENOENT", "no such file or directory"},
    {EINTR, "EINTR", "interrupted"},
    {EIO, "EIO", "input/output error"},
    {ENXIO, "ENXIO", "no such device"},
    {EBADF, "EBADF", "bad file descriptor"},
    {EAGAIN, "EAGAIN", "resource temporarily unavailable"},
    {ENOMEM, "ENOMEM", "not enough memory"},
    {EACCES, "EACCES", "permission denied"},
    {EFAULT, "EFAULT", "bad address"},
    {EBUSY, "EBUSY", "resource busy"},
    {EEXIST, "EEXIST", "file already exists"},
    {EXDEV, "EXDEV", "not on the same file system"},
    {ENODEV, "ENODEV", "no such device"},
    {ENOTDIR, "ENOTDIR", "not a directory"},
    {EISDIR, "EISDIR", "is a directory"},
    {EINVAL, "EINVAL", "invalid argument"},
    {ENFILE, "ENFILE", "too many open files in the system"},
    {EMFILE, "EMFILE", "too many open files"},
    {ETXTBSY, "ETXTBSY", "text file busy"},
    {EFBIG, "EFBIG", "file too large"},
    {ENOSPC, "ENOSPC", "no space left on device"},
    {ESPIPE, "ESPIPE", "invalid seek"},
    {EROFS, "EROFS", "read-only file system"},
    {EMLINK, "EMLINK", "too many links"},
    {EPIPE, "EPIPE", "broken pipe"},
    {ENAMETOOLONG, "ENAMETOOLONG", "name too long"},
    {ENOSYS, "ENOSYS", "not supported by this kernel"},
    {ENOTEMPTY, "ENOTEMPTY", "directory not empty"},
    {ELOOP, "ELOOP", "too many symbolic links"},
    {EOVERFLOW, "EOVERFLOW", "value too large"},
    {EOPNOTSUPP, "EOPNOTSUPP", "operation not supported"},
    {ETIMEDOUT, "ETIMEDOUT", "timed out"},
    {ESTALE, "ESTALE", "stale file handle"},
    {EDQUOT, "EDQUOT", "disk quota exceeded"},
    {ECANCELED, "ECANCELED", "cancelled"},
};

const Row& row_of(int error) noexcept {
  const auto* row =
      std::find_if(std::begin(k_rows), std::end(k_rows), [=](const Row& r) { return r.error == error; });
  return row == std::end(k_rows) ? k_rows[3] : *row;
}
static_assert(k_rows[3].error == EIO);

}  // namespace

const char* errno_name(int error) noexcept {
  return row_of(error).name;
}

Napi::Value system_error(Napi::Env env, int error, const char* stage, const std::string& path) {
  const Row& row = row_of(error);
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string text = std::string(row.name) + ": " + row.text + ", " + stage;
  if (!name.empty()) text += " '" + name + "'";
  const Napi::Error value = Napi::Error::New(env, text);
  const Napi::Object object = value.Value();
  object.Set("code", Napi::String::New(env, row.name));
  object.Set("syscall", Napi::String::New(env, stage));
  if (!name.empty()) object.Set("path", Napi::String::New(env, name));
  return object;
}

}  // namespace tegu::addon
