// Node-API edge of native/mime: the functions that src/native/mime.ts describes. Files are parsed and
// searched on the threads of the I/O engine, what is in memory at once on the calling thread; octets are
// borrowed for the call only.
#include <limits>
#include <optional>
#include <utility>

#include "addon/arguments.h"
#include "addon/bindings.h"
#include "addon/io-environment.h"
#include "addon/message-file.h"
#include "addon/octets.h"
#include "bytes/base64.h"
#include "bytes/quoted-printable.h"
#include "mime/encoded-word.h"
#include "mime/header-selection.h"
#include "mime/message-description.h"
#include "mime/text-collector.h"
#include "mime/text-search.h"

namespace tegu::addon {
namespace {

using bytes::Bytes;
using mime::ParseLimits;

// Bounds of the bounds: memory is proportional to them.
constexpr std::int64_t k_max_parts = 1'000'000;
constexpr std::int64_t k_max_depth = 100'000;
constexpr std::int64_t k_max_header_bytes = 256 * 1024 * 1024;
constexpr std::int64_t k_max_text_bytes = 64 * 1024 * 1024;

bool refuse(Napi::Env env, const char* text) {
  Napi::TypeError::New(env, text).ThrowAsJavaScriptException();
  return false;
}

/** The octets of a Uint8Array argument, borrowed; false with a pending exception for anything else. */
bool take_bytes(const Napi::Value& value, const char* problem, Bytes& octets) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    return refuse(value.Env(), problem);
  }
  const auto array = value.As<Napi::Uint8Array>();
  octets = Bytes(array.Data(), array.ByteLength());
  return true;
}

bool take_string(const Napi::Value& value, const char* problem, std::string& text) {
  if (!value.IsString()) return refuse(value.Env(), problem);
  text = value.As<Napi::String>().Utf8Value();
  return true;
}

bool take_limits(const Napi::Value& value, ParseLimits& limits) {
  if (!value.IsObject()) return refuse(value.Env(), "limits: expected an object");
  const auto object = value.As<Napi::Object>();
  std::int64_t parts = 0;
  std::int64_t depth = 0;
  std::int64_t header_bytes = 0;
  if (!take_integer(object.Get("maxParts"), "maxParts", 1, k_max_parts, parts)) return false;
  if (!take_integer(object.Get("maxDepth"), "maxDepth", 1, k_max_depth, depth)) return false;
  if (!take_integer(object.Get("maxHeaderBytes"), "maxHeaderBytes", 0, k_max_header_bytes, header_bytes))
    return false;
  limits.max_parts = static_cast<std::uint32_t>(parts);
  limits.max_depth = static_cast<std::uint32_t>(depth);
  limits.max_header_bytes = static_cast<std::size_t>(header_bytes);
  return true;
}

/** The MimeDescription object; nullptr with a pending exception on failure. */
napi_value to_object(Napi::Env env, mime::MessageDescription description) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const mime::DateTime& date = description.date;
  const Napi::Object object = Napi::Object::New(env);
  object.Set("sizeBytes", Napi::Number::New(env, static_cast<double>(description.size_bytes)));
  object.Set("envelope", to_buffer(env, std::move(description.envelope)));
  object.Set("body", to_buffer(env, std::move(description.body)));
  object.Set("bodyStructure", to_buffer(env, std::move(description.body_structure)));
  object.Set("parts", to_typed_array(env, description.parts));
  object.Set("header", to_buffer(env, std::move(description.header)));
  object.Set("dateMs",
             Napi::Number::New(env, description.has_date ? static_cast<double>(date.unix_ms) : nan));
  object.Set("dateZoneMinutes", Napi::Number::New(env, description.has_date ? date.zone_minutes : nan));
  object.Set("truncated", Napi::Boolean::New(env, description.is_truncated));
  return env.IsExceptionPending() ? nullptr : static_cast<napi_value>(object);
}

class PendingDescription final : public Pending {
 public:
  napi_value value(Napi::Env env) override { return to_object(env, std::move(description)); }

  mime::MessageDescription description;
};

class PendingSearch final : public Pending {
 public:
  napi_value value(Napi::Env env) override { return Napi::Boolean::New(env, is_found); }

  bool is_found = false;
};

class PendingTexts final : public Pending {
 public:
  napi_value value(Napi::Env env) override {
    const Napi::Object object = Napi::Object::New(env);
    object.Set("header", Napi::String::New(env, collector->header()));
    object.Set("body", Napi::String::New(env, collector->body()));
    object.Set("isWhole", Napi::Boolean::New(env, collector->is_whole()));
    return env.IsExceptionPending() ? nullptr : static_cast<napi_value>(object);
  }

  std::optional<mime::TextCollector> collector;
};

/** (message, limits) → MimeDescription */
Napi::Value mime_describe(const Napi::CallbackInfo& info) {
  Bytes message;
  ParseLimits limits;
  if (!take_bytes(info[0], "message: expected a Uint8Array", message) || !take_limits(info[1], limits)) {
    return info.Env().Undefined();
  }
  mime::MessageDescriber describer(limits, false);
  describer.feed(message);
  mime::MessageDescription description;
  describer.finish(description);
  return {info.Env(), to_object(info.Env(), std::move(description))};
}

/** (path, lfToCrlf, limits) → Promise<MimeDescription> */
Napi::Value mime_describe_file(const Napi::CallbackInfo& info) {
  auto pending = std::make_unique<PendingDescription>();
  ParseLimits limits;
  if (!take_path(info[0], "path", pending->path) || !take_limits(info[2], limits))
    return info.Env().Undefined();
  auto work = [raw = pending.get(), limits, lf_to_crlf = info[1].ToBoolean().Value()] {
    mime::MessageDescriber describer(limits, lf_to_crlf);
    raw->outcome.error = read_message_file(raw->path.c_str(), raw->outcome.stage, [&](Bytes octets) {
      describer.feed(octets);
      return true;
    });
    if (raw->outcome.error == 0) describer.finish(raw->description);
  };
  return {info.Env(), IoEnvironment::of(info.Env()).run(info.Env(), std::move(pending), std::move(work))};
}

/** (path, lfToCrlf, limits, needle, includeHeader) → Promise<boolean> */
Napi::Value mime_search_file(const Napi::CallbackInfo& info) {
  auto pending = std::make_unique<PendingSearch>();
  ParseLimits limits;
  std::string needle;
  if (!take_path(info[0], "path", pending->path) || !take_limits(info[2], limits) ||
      !take_string(info[3], "needle: expected a string", needle)) {
    return info.Env().Undefined();
  }
  if (!mime::TextSearch::is_valid_needle(needle)) {
    Napi::RangeError::New(info.Env(), "needle: too long").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  auto work = [raw = pending.get(), limits, needle = std::move(needle),
               lf_to_crlf = info[1].ToBoolean().Value(), include_header = info[4].ToBoolean().Value()] {
    mime::TextSearch search(limits, lf_to_crlf, needle, include_header);
    raw->outcome.error = read_message_file(raw->path.c_str(), raw->outcome.stage, [&](Bytes octets) {
      search.feed(octets);
      return !search.is_found();
    });
    search.finish();
    raw->is_found = search.is_found();
  };
  return {info.Env(), IoEnvironment::of(info.Env()).run(info.Env(), std::move(pending), std::move(work))};
}

/** (path, lfToCrlf, limits, maxBytes) → Promise<{ header, body, isWhole }> */
Napi::Value mime_texts_of_file(const Napi::CallbackInfo& info) {
  auto pending = std::make_unique<PendingTexts>();
  ParseLimits limits;
  std::int64_t max_bytes = 0;
  if (!take_path(info[0], "path", pending->path) || !take_limits(info[2], limits) ||
      !take_integer(info[3], "maxBytes", 0, k_max_text_bytes, max_bytes)) {
    return info.Env().Undefined();
  }
  pending->collector.emplace(limits, info[1].ToBoolean().Value(), static_cast<std::size_t>(max_bytes));
  auto work = [raw = pending.get()] {
    raw->outcome.error = read_message_file(raw->path.c_str(), raw->outcome.stage, [&](Bytes octets) {
      raw->collector->feed(octets);
      return raw->collector->is_whole();
    });
    raw->collector->finish();
  };
  return {info.Env(), IoEnvironment::of(info.Env()).run(info.Env(), std::move(pending), std::move(work))};
}

/** (header, names, not) → Buffer */
Napi::Value mime_header_fields(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Bytes header;
  if (!take_bytes(info[0], "header: expected a Uint8Array", header)) return env.Undefined();
  if (!info[1].IsArray()) {
    refuse(env, "names: expected an array of strings");
    return env.Undefined();
  }
  const auto array = info[1].As<Napi::Array>();
  std::vector<std::string> names(array.Length());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const Napi::HandleScope scope(env);
    const Napi::Value item = array.Get(i);
    if (item.IsEmpty() || !take_string(item, "names: expected an array of strings", names[i]))
      return env.Undefined();
  }
  return {env, to_buffer(env, mime::select_header_fields(header, names, info[2].ToBoolean()))};
}

/** (header, name) → string[] */
Napi::Value mime_header_value(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Bytes header;
  std::string name;
  if (!take_bytes(info[0], "header: expected a Uint8Array", header) ||
      !take_string(info[1], "name: expected a string", name)) {
    return env.Undefined();
  }
  const std::vector<std::string> values = mime::header_values(header, name);
  const Napi::Array array = Napi::Array::New(env, values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    const Napi::HandleScope scope(env);
    array.Set(i, Napi::String::New(env, values[i]));
  }
  return array;
}

/** (header, field, parameter) → string | null */
Napi::Value mime_header_parameter(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Bytes header;
  std::string field;
  std::string parameter;
  if (!take_bytes(info[0], "header: expected a Uint8Array", header) ||
      !take_string(info[1], "field: expected a string", field) ||
      !take_string(info[2], "parameter: expected a string", parameter)) {
    return env.Undefined();
  }
  std::string text;
  if (!mime::header_parameter(header, field, parameter, text)) return env.Null();
  return Napi::String::New(env, text);
}

/** (value) → string */
Napi::Value mime_decode_header(const Napi::CallbackInfo& info) {
  Bytes value;
  if (!take_bytes(info[0], "value: expected a Uint8Array", value)) return info.Env().Undefined();
  std::string text;
  mime::append_header_text(text, value, {});
  return Napi::String::New(info.Env(), text);
}

template <typename Decoder>
std::string decode_all(Bytes body) {
  Decoder decoder;
  std::string out(Decoder::max_output(body.size()), '\0');
  auto* const room = reinterpret_cast<std::uint8_t*>(out.data());
  std::size_t size = decoder.feed(body, room);
  size += decoder.finish(room + size);
  out.resize(size);
  return out;
}

/** (body, encoding) → Buffer | null */
Napi::Value mime_decode_transfer(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Bytes body;
  std::int64_t encoding = 0;
  if (!take_bytes(info[0], "body: expected a Uint8Array", body)) return env.Undefined();
  if (!take_integer(info[1], "encoding", 0, 5, encoding)) return env.Undefined();
  switch (static_cast<mime::TransferEncoding>(encoding)) {
    case mime::TransferEncoding::base64:
      return {env, to_buffer(env, decode_all<bytes::Base64Decoder>(body))};
    case mime::TransferEncoding::quoted_printable:
      return {env, to_buffer(env, decode_all<bytes::QuotedPrintableDecoder>(body))};
    case mime::TransferEncoding::other:
      return env.Null();
    case mime::TransferEncoding::seven_bit:
    case mime::TransferEncoding::eight_bit:
    case mime::TransferEncoding::binary:
      break;
  }
  return {env, to_buffer(env, std::string(bytes::as_text(body)))};
}

/** (text) → string */
Napi::Value mime_fold(const Napi::CallbackInfo& info) {
  std::string text;
  if (!take_string(info[0], "text: expected a string", text)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), mime::fold_for_search(text));
}

/** (bytes, charset) → string | null */
Napi::Value charset_decode(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Bytes octets;
  std::string label;
  if (!take_bytes(info[0], "bytes: expected a Uint8Array", octets) ||
      !take_string(info[1], "charset: expected a string", label)) {
    return env.Undefined();
  }
  mime::CharsetDecoder decoder(mime::find_charset(label));
  if (!decoder.is_available()) return env.Null();
  std::string text;
  decoder.feed(octets, text);
  decoder.finish(text);
  return Napi::String::New(env, text);
}

}  // namespace

void register_mime(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("mimeDescribe", mime_describe);
  add("mimeDescribeFile", mime_describe_file);
  add("mimeSearchFile", mime_search_file);
  add("mimeTextsOfFile", mime_texts_of_file);
  add("mimeHeaderFields", mime_header_fields);
  add("mimeHeaderValue", mime_header_value);
  add("mimeHeaderParameter", mime_header_parameter);
  add("mimeDecodeHeader", mime_decode_header);
  add("mimeDecodeTransfer", mime_decode_transfer);
  add("mimeFold", mime_fold);
  add("charsetDecode", charset_decode);
}

}  // namespace tegu::addon
