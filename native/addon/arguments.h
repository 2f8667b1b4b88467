// Checked conversions of JavaScript arguments. TypeScript validates for good messages; these validate again
// for safety.
//
// Each throws a JavaScript TypeError naming the argument and returns false when the value has the wrong type.
// Paths must be absolute and free of NUL; one that is not, or is too long, is refused too: it could only name
// another file than meant.
#pragma once

#include <napi.h>
#include <sys/uio.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tegu::addon {

[[nodiscard]] bool take_path(const Napi::Value& value, const char* name, std::string& path);
[[nodiscard]] bool take_paths(const Napi::Value& value, const char* name, std::vector<std::string>& paths);
/** An integer in [min, max], at most 2^53 - 1. */
[[nodiscard]] bool take_integer(const Napi::Value& value, const char* name, std::int64_t min,
                                std::int64_t max, std::int64_t& number);
/** Array of Uint8Array; `pinned` becomes a new array of the same views, to be kept alive while the octets are
 * borrowed. */
[[nodiscard]] bool take_octets(const Napi::Value& value, const char* name, std::vector<iovec>& vectors,
                               Napi::Value& pinned);

}  // namespace tegu::addon
