// Native memory as JavaScript values without copying where that pays.
#pragma once

#include <napi.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "maildir/file-range.h"

namespace tegu::addon {

/** Below this a copy is cheaper than an external block with its finalizer. */
constexpr std::size_t k_external_bytes = 16 * 1024;

/** A Buffer over memory that `holder` owns; the holder dies with the Buffer. nullptr with a pending exception
 * on failure. */
template <typename Holder>
napi_value external_buffer(Napi::Env env, std::unique_ptr<Holder> holder, char* data, std::size_t size) {
  napi_value buffer = nullptr;
  const auto release = [](napi_env, void*, void* hint) { delete static_cast<Holder*>(hint); };
  if (size >= k_external_bytes &&
      napi_create_external_buffer(env, size, data, release, holder.get(), &buffer) == napi_ok) {
    static_cast<void>(holder.release());
    return buffer;
  }
  // Small, or an embedder that allows no external memory.
  if (napi_create_buffer_copy(env, size, data, nullptr, &buffer) != napi_ok) return nullptr;
  return buffer;
}

inline napi_value to_buffer(Napi::Env env, maildir::OwnedOctets octets) {
  auto holder = std::make_unique<maildir::OwnedOctets>(std::move(octets));
  char* const data = holder->data.get();
  const std::size_t size = holder->size;
  return external_buffer(env, std::move(holder), data, size);
}

inline napi_value to_buffer(Napi::Env env, std::string text) {
  auto holder = std::make_unique<std::string>(std::move(text));
  char* const data = holder->data();
  const std::size_t size = holder->size();
  return external_buffer(env, std::move(holder), data, size);
}

/** A typed array holding a copy of `values`; empty with a pending exception on failure. */
template <typename Element>
Napi::Value to_typed_array(Napi::Env env, const std::vector<Element>& values) {
  auto array = Napi::TypedArrayOf<Element>::New(env, values.size());
  if (!array.IsEmpty() && !values.empty())
    std::memcpy(array.Data(), values.data(), values.size() * sizeof(Element));
  return array;
}

}  // namespace tegu::addon
