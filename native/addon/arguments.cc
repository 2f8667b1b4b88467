// See arguments.h.
#include "addon/arguments.h"

#include <limits.h>

#include <cmath>

namespace tegu::addon {
namespace {

bool refuse(Napi::Env env, const char* name, const char* what) {
  Napi::TypeError::New(env, std::string(name) + ": expected " + what).ThrowAsJavaScriptException();
  return false;
}

}  // namespace

bool take_path(const Napi::Value& value, const char* name, std::string& path) {
  if (value.IsString()) {
    path = value.As<Napi::String>().Utf8Value();
    if (path.size() < PATH_MAX && path.starts_with('/') && path.find('\0') == std::string::npos) return true;
  }
  return refuse(value.Env(), name, "an absolute path without NUL");
}

bool take_paths(const Napi::Value& value, const char* name, std::vector<std::string>& paths) {
  if (!value.IsArray()) return refuse(value.Env(), name, "an array of paths");
  const auto array = value.As<Napi::Array>();
  const std::uint32_t count = array.Length();
  paths.resize(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Napi::HandleScope scope(value.Env());
    const Napi::Value item = array.Get(i);
    if (item.IsEmpty() || !take_path(item, name, paths[i])) return false;
  }
  return true;
}

bool take_integer(const Napi::Value& value, const char* name, std::int64_t min, std::int64_t max,
                  std::int64_t& number) {
  constexpr double k_max_safe = 9007199254740991.0;
  if (value.IsNumber()) {
    const double raw = value.As<Napi::Number>().DoubleValue();
    const bool is_whole = std::isfinite(raw) && std::trunc(raw) == raw && std::fabs(raw) <= k_max_safe;
    number = is_whole ? static_cast<std::int64_t>(raw) : 0;
    if (is_whole && number >= min && number <= max) return true;
  }
  const std::string bounds = "an integer from " + std::to_string(min) + " to " + std::to_string(max);
  return refuse(value.Env(), name, bounds.c_str());
}

bool take_octets(const Napi::Value& value, const char* name, std::vector<iovec>& vectors,
                 Napi::Value& pinned) {
  const Napi::Env env = value.Env();
  if (!value.IsArray()) return refuse(env, name, "an array of Uint8Array");
  const auto array = value.As<Napi::Array>();
  const std::uint32_t count = array.Length();
  const Napi::Array kept = Napi::Array::New(env, count);
  vectors.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Napi::HandleScope scope(env);
    const Napi::Value item = array.Get(i);
    if (item.IsEmpty() || !item.IsTypedArray() ||
        item.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
      return refuse(env, name, "an array of Uint8Array");
    }
    auto octets = item.As<Napi::Uint8Array>();
    vectors.push_back({octets.Data(), octets.ByteLength()});
    kept.Set(i, item);
  }
  pinned = kept;
  return true;
}

}  // namespace tegu::addon
