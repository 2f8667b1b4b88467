// Node-API edge of the Maildir codecs: the functions that src/native/maildir-names.ts describes.
#include <memory>
#include <optional>
#include <utility>

#include "addon/arguments.h"
#include "addon/bindings.h"
#include "addon/io-environment.h"
#include "addon/octets.h"
#include "maildir/directory-scan.h"
#include "maildir/file-range.h"
#include "maildir/maildir-name.h"
#include "maildir/uid-list.h"

namespace tegu::addon {
namespace {

class PendingScan final : public Pending {
 public:
  napi_value value(Napi::Env env) override {
    const Napi::Object object = Napi::Object::New(env);
    object.Set("count", Napi::Number::New(env, static_cast<double>(scan.flags.size())));
    object.Set("mtimeNs", Napi::BigInt::New(env, scan.mtime_ns));
    const napi_value names = to_buffer(env, std::move(scan.names));
    if (names == nullptr) return nullptr;
    object.Set("names", names);
    object.Set("nameOffsets", to_typed_array(env, scan.offsets));
    object.Set("baseLengths", to_typed_array(env, scan.base_lengths));
    object.Set("sizes", to_typed_array(env, scan.sizes));
    object.Set("virtualSizes", to_typed_array(env, scan.virtual_sizes));
    object.Set("flags", to_typed_array(env, scan.flags));
    return env.IsExceptionPending() ? nullptr : static_cast<napi_value>(object);
  }

  maildir::DirectoryScan scan;
};

class PendingMeasure final : public Pending {
 public:
  napi_value value(Napi::Env env) override {
    const Napi::Object object = Napi::Object::New(env);
    object.Set("sizeBytes", Napi::Number::New(env, static_cast<double>(measure.size)));
    object.Set("virtualSizeBytes", Napi::Number::New(env, static_cast<double>(measure.virtual_size)));
    object.Set("mtimeMs", Napi::Number::New(env, measure.mtime_ms));
    return object;
  }

  maildir::FileMeasure measure;
};

Napi::Value maildir_scan(const Napi::CallbackInfo& info) {
  auto pending = std::make_unique<PendingScan>();
  if (!take_path(info[0], "path", pending->path)) return info.Env().Undefined();
  auto work = [raw = pending.get()] {
    raw->outcome.stage = "scan";
    raw->outcome.error = maildir::scan_directory(raw->path.c_str(), raw->scan);
  };
  const napi_value promise =
      IoEnvironment::of(info.Env()).run(info.Env(), std::move(pending), std::move(work));
  return {info.Env(), promise};
}

Napi::Value maildir_measure(const Napi::CallbackInfo& info) {
  auto pending = std::make_unique<PendingMeasure>();
  if (!take_path(info[0], "path", pending->path)) return info.Env().Undefined();
  auto work = [raw = pending.get()] {
    raw->outcome.stage = "measure";
    raw->outcome.error = maildir::measure_file(raw->path.c_str(), raw->measure);
  };
  const napi_value promise =
      IoEnvironment::of(info.Env()).run(info.Env(), std::move(pending), std::move(work));
  return {info.Env(), promise};
}

/** The octets of a Uint8Array argument; nullopt with a pending exception for anything else. */
std::optional<std::string_view> take_text(const Napi::Value& value) {
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
    const auto octets = value.As<Napi::Uint8Array>();
    return std::string_view(reinterpret_cast<const char*>(octets.Data()), octets.ByteLength());
  }
  Napi::TypeError::New(value.Env(), "text: expected a Uint8Array").ThrowAsJavaScriptException();
  return std::nullopt;
}

Napi::Value maildir_parse_uid_list(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto text = take_text(info[0]);
  if (!text) return env.Undefined();
  maildir::UidList list = maildir::parse_uid_list(*text);
  const Napi::Object object = Napi::Object::New(env);
  object.Set("version", Napi::Number::New(env, list.version));
  object.Set("uidValidity", Napi::Number::New(env, list.uid_validity));
  object.Set("uidNext", Napi::Number::New(env, list.uid_next));
  object.Set("uids", to_typed_array(env, list.uids));
  object.Set("names", to_buffer(env, std::move(list.names)));
  object.Set("nameOffsets", to_typed_array(env, list.name_offsets));
  object.Set("errorLine", Napi::Number::New(env, static_cast<double>(list.error_line)));
  return object;
}

Napi::Value maildir_parse_keywords(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto text = take_text(info[0]);
  if (!text) return env.Undefined();
  const maildir::KeywordList list = maildir::parse_keyword_list(*text);
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < list.names.size(); ++i) {
    if (!list.names[i].empty()) count = i + 1;
  }
  const Napi::Array names = Napi::Array::New(env, count);
  for (std::uint32_t i = 0; i < count; ++i) names.Set(i, Napi::String::New(env, list.names[i]));
  const Napi::Object object = Napi::Object::New(env);
  object.Set("names", names);
  object.Set("errorLine", Napi::Number::New(env, static_cast<double>(list.error_line)));
  return object;
}

/** (name, flags) → the name with these flags. */
Napi::Value maildir_with_flags(const Napi::CallbackInfo& info) {
  std::int64_t flags = 0;
  if (!info[0].IsString()) {
    Napi::TypeError::New(info.Env(), "name: expected a string").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  if (!take_integer(info[1], "flags", 0, maildir::k_all_flags, flags)) return info.Env().Undefined();
  const std::string name = info[0].As<Napi::String>().Utf8Value();
  return Napi::String::New(info.Env(), maildir::with_flags(name, static_cast<std::uint32_t>(flags)));
}

}  // namespace

void register_maildir(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("maildirScan", maildir_scan);
  add("maildirMeasure", maildir_measure);
  add("maildirParseUidList", maildir_parse_uid_list);
  add("maildirParseKeywords", maildir_parse_keywords);
  add("maildirWithFlags", maildir_with_flags);
}

}  // namespace tegu::addon
