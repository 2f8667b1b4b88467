// errno values as JavaScript errors, the same for every binding: `code` is the name (ENOENT), `path` the base
// name only, so that a log line does not tell where mail lies; `syscall` is the step that failed.
#pragma once

#include <napi.h>

#include <string>

namespace tegu::addon {

/** Name of an errno, such as ENOSPC; "EIO" stands for what Linux does not document for file operations. */
[[nodiscard]] const char* errno_name(int error) noexcept;

/** An Error object, not thrown. `path` may be empty or a whole path, whose last part is shown. */
[[nodiscard]] Napi::Value system_error(Napi::Env env, int error, const char* stage, const std::string& path);

}  // namespace tegu::addon
