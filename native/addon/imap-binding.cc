// Node-API edge of native/imap: the functions that src/native/imap-wire.ts describes. Inputs are borrowed for
// the call only.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "addon/arguments.h"
#include "addon/bindings.h"
#include "bytes/view.h"
#include "imap/decimal.h"
#include "imap/flag-rows.h"
#include "imap/sequence-set.h"
#include "imap/tokenizer.h"
#include "imap/wire-string.h"

namespace tegu::addon {
namespace {

/** Most command lines need no more; longer ones get room for the worst case. */
constexpr std::size_t k_usual_tokens = 128;

/** The elements of a typed array argument of one kind; throws TypeError and returns false for any other
 * value. */
template <typename Element>
bool take_elements(const Napi::Value& value, napi_typedarray_type type, const char* name,
                   std::span<const Element>& elements) {
  if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) {
    const auto array = value.As<Napi::TypedArrayOf<Element>>();
    elements = {array.Data(), array.ElementLength()};
    return true;
  }
  Napi::TypeError::New(value.Env(), std::string(name) + ": wrong typed array").ThrowAsJavaScriptException();
  return false;
}

bool take_octet_view(const Napi::Value& value, const char* name, bytes::Bytes& octets) {
  return take_elements<std::uint8_t>(value, napi_uint8_array, name, octets);
}

bool take_numbers(const Napi::Value& value, const char* name, std::span<const std::uint32_t>& numbers) {
  return take_elements<std::uint32_t>(value, napi_uint32_array, name, numbers);
}

/** imapTokenize(fragment: Uint8Array, continuesSection: boolean): TokenizedFragment. */
Napi::Value imap_tokenize(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  bytes::Bytes text;
  if (!take_octet_view(info[0], "fragment", text)) return env.Undefined();
  const auto start = info[1].ToBoolean() ? imap::FragmentStart::section : imap::FragmentStart::token;
  std::array<imap::Token, k_usual_tokens> usual;
  std::span<imap::Token> tokens = usual;
  imap::Fragment fragment = imap::tokenize(text, start, tokens);
  std::vector<imap::Token> many;
  if (fragment.error == imap::TokenError::too_many_tokens) {
    many.resize(text.size() + 1);
    tokens = many;
    fragment = imap::tokenize(text, start, tokens);
  }
  constexpr std::size_t k_columns = sizeof(imap::Token) / sizeof(std::int32_t);
  auto rows = Napi::Int32Array::New(env, fragment.count * k_columns);
  if (rows.IsEmpty()) return env.Undefined();
  if (fragment.count > 0) std::memcpy(rows.Data(), tokens.data(), fragment.count * sizeof(imap::Token));
  const bool failed = fragment.error != imap::TokenError::none;
  const Napi::Object object = Napi::Object::New(env);
  object.Set("tokens", rows);
  object.Set("count", Napi::Number::New(env, static_cast<double>(fragment.count)));
  object.Set("errorAt", Napi::Number::New(env, failed ? static_cast<double>(fragment.error_at) : -1.0));
  return object;
}

/** The names in `value`, as views into `store`. */
bool take_keyword_names(const Napi::Value& value, std::vector<std::string>& store,
                        std::vector<std::string_view>& names) {
  if (!value.IsArray()) {
    Napi::TypeError::New(value.Env(), "keywordNames: expected an array").ThrowAsJavaScriptException();
    return false;
  }
  const auto array = value.As<Napi::Array>();
  const std::size_t count = std::min<std::size_t>(array.Length(), imap::k_max_keywords);
  for (std::size_t i = 0; i < count; ++i) {
    const Napi::Value name = array.Get(static_cast<std::uint32_t>(i));
    // A hole or anything else but a string is a keyword without a name.
    store.push_back(name.IsString() ? name.As<Napi::String>().Utf8Value() : std::string());
  }
  names.assign(store.begin(), store.end());
  return true;
}

/** imapFlagRows(rows: FlagRows, from: number, to: number): Buffer. */
Napi::Value imap_flag_rows(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) {
    Napi::TypeError::New(env, "rows: expected an object").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const auto object = info[0].As<Napi::Object>();
  imap::FlagRows rows;
  std::vector<std::string> store;
  std::vector<std::string_view> names;
  if (!take_numbers(object.Get("seqs"), "seqs", rows.seqs) ||
      !take_numbers(object.Get("flags"), "flags", rows.flags) ||
      !take_numbers(object.Get("uids"), "uids", rows.uids) ||
      !take_elements<double>(object.Get("modSeqs"), napi_float64_array, "modSeqs", rows.mod_seqs) ||
      !take_keyword_names(object.Get("keywordNames"), store, names)) {
    return env.Undefined();
  }
  rows.with_uid = object.Get("withUid").ToBoolean();
  rows.with_mod_seq = object.Get("withModSeq").ToBoolean();
  rows.uid_only = object.Get("uidOnly").ToBoolean();
  std::size_t available = std::min(rows.seqs.size(), rows.flags.size());
  if (rows.with_uid || rows.uid_only) available = std::min(available, rows.uids.size());
  if (rows.with_mod_seq) available = std::min(available, rows.mod_seqs.size());
  std::int64_t from = 0;
  std::int64_t to = 0;
  if (!take_integer(info[2], "to", 0, static_cast<std::int64_t>(available), to)) return env.Undefined();
  if (!take_integer(info[1], "from", 0, to, from)) return env.Undefined();
  const auto first = static_cast<std::size_t>(from);
  const auto last = static_cast<std::size_t>(to);
  imap::FlagTexts texts(names);
  auto buffer = Napi::Buffer<char>::New(env, imap::flag_rows_size(rows, first, last, texts));
  if (buffer.IsEmpty()) return env.Undefined();
  imap::write_flag_rows(rows, first, last, texts, buffer.Data());
  return buffer;
}

/** imapString(text: Uint8Array, allowEightBit: boolean): Buffer. */
Napi::Value imap_string(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  bytes::Bytes text;
  if (!take_octet_view(info[0], "text", text)) return env.Undefined();
  const imap::StringPlan plan = imap::plan_string(text, info[1].ToBoolean());
  auto buffer = Napi::Buffer<char>::New(env, plan.size);
  if (buffer.IsEmpty()) return env.Undefined();
  imap::write_string(buffer.Data(), text, plan);
  return buffer;
}

/** imapSequenceSet(numbers: Uint32Array): string. */
Napi::Value imap_sequence_set(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::span<const std::uint32_t> numbers;
  if (!take_numbers(info[0], "numbers", numbers)) return env.Undefined();
  std::string text(imap::sequence_set_size(numbers), ' ');
  imap::write_sequence_set(numbers, text.data());
  return Napi::String::New(env, text);
}

/** imapNumberList(word: string, numbers: Uint32Array): Buffer. */
Napi::Value imap_number_list(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::span<const std::uint32_t> numbers;
  if (!take_numbers(info[1], "numbers", numbers)) return env.Undefined();
  const std::string word = info[0].ToString().Utf8Value();
  auto buffer = Napi::Buffer<char>::New(env, word.size() + imap::number_list_size(numbers));
  if (buffer.IsEmpty()) return env.Undefined();
  imap::write_number_list(numbers, imap::write_text(buffer.Data(), word));
  return buffer;
}

}  // namespace

void register_imap(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("imapTokenize", imap_tokenize);
  add("imapFlagRows", imap_flag_rows);
  add("imapString", imap_string);
  add("imapSequenceSet", imap_sequence_set);
  add("imapNumberList", imap_number_list);
}

}  // namespace tegu::addon
