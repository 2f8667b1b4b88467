// See crypt-hash.h.
#include "password/crypt-hash.h"

#include <dlfcn.h>

#include <cstring>
#include <memory>
#include <new>

namespace tegu::password {

namespace {

/** struct crypt_data of libxcrypt and of glibc before it is below 128 KiB plus alignment; both ask for a
 * zeroed block. */
constexpr std::size_t k_work_bytes = 192 * 1024;
constexpr std::size_t k_max_hash = 512;

using CryptR = char* (*)(const char*, const char*, void*);

CryptR find_crypt_r() noexcept {
  for (const char* name : {"libcrypt.so.1", "libcrypt.so.2"}) {
    void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    if (void* symbol = dlsym(library, "crypt_r"); symbol != nullptr) return reinterpret_cast<CryptR>(symbol);
  }
  return nullptr;
}

}  // namespace

CryptStatus crypt_hash(std::string_view phrase, std::string_view setting, std::string& out) noexcept {
  static const CryptR crypt_r = find_crypt_r();
  if (crypt_r == nullptr) return CryptStatus::no_library;
  if (phrase.find('\0') != std::string_view::npos || setting.find('\0') != std::string_view::npos) {
    return CryptStatus::unknown_setting;
  }
  const std::unique_ptr<char[]> work(new (std::nothrow) char[k_work_bytes]());
  const std::unique_ptr<char[]> text(new (std::nothrow) char[phrase.size() + setting.size() + 2]());
  if (!work || !text) return CryptStatus::out_of_memory;
  char* const phrase_text = text.get();
  char* const setting_text = text.get() + phrase.size() + 1;
  std::memcpy(phrase_text, phrase.data(), phrase.size());
  std::memcpy(setting_text, setting.data(), setting.size());
  const char* hash = crypt_r(phrase_text, setting_text, work.get());
  // "*0" and "*1" are libcrypt's failure tokens.
  const bool failed = hash == nullptr || hash[0] == '*' || std::strlen(hash) > k_max_hash;
  if (!failed) out.assign(hash);
  explicit_bzero(work.get(), k_work_bytes);
  explicit_bzero(phrase_text, phrase.size());
  return failed ? CryptStatus::unknown_setting : CryptStatus::ok;
}

}  // namespace tegu::password
