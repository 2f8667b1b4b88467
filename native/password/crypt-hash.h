// Verifies and makes crypt(3) password hashes with the system's libcrypt: sha512-crypt, sha256-crypt, bcrypt,
// yescrypt, gost-yescrypt, md5-crypt, whatever the platform knows. The library is opened at run time
// (libcrypt.so.1 or .so.2), so that the addon loads where it is missing; then every call reports it.
#pragma once

#include <string>
#include <string_view>

namespace tegu::password {

enum class CryptStatus {
  ok,
  /** No libcrypt on this machine. */
  no_library,
  /** The setting is not one that libcrypt knows, or an argument holds a NUL. */
  unknown_setting,
  out_of_memory,
};

/** Hashes `phrase` under `setting` (a stored hash or a `$id$salt` prefix). Slow by design: call it off the
 * event loop. The working memory is wiped. Thread-safe. */
[[nodiscard]] CryptStatus crypt_hash(std::string_view phrase, std::string_view setting,
                                     std::string& out) noexcept;

}  // namespace tegu::password
