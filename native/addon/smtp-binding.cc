// Node-API edge of native/smtp: the class SmtpDataScanner that src/native/smtp-scanner.ts wraps.
//
// push() borrows the input for the call only. Where the output is the input it hands back offsets, so that
// the façade makes a view; otherwise it measures first, on a copy of the scanner's state, and fills one new
// Buffer of that size.
#include <cstdint>
#include <cstring>
#include <limits>

#include "addon/bindings.h"
#include "bytes/view.h"
#include "smtp/data-scanner.h"

namespace tegu::addon {
namespace {

using bytes::Bytes;
using smtp::DataChunk;
using smtp::DataRun;
using smtp::DataScanner;

/** Columns of the row that push() fills; the façade reads the same. */
enum StepColumn : std::size_t { k_consumed, k_done, k_start, k_end, k_step_columns };

/** What a scanner would put out for one input. */
struct Measure {
  /** Length of the output. */
  std::size_t size = 0;
  /** Where it stands in the input, when it is one run of it. */
  std::size_t start = 0;
  std::size_t end = 0;
  bool is_view = true;
};

Measure measure(DataScanner& scanner, DataChunk& chunk) noexcept {
  Measure result;
  DataRun run;
  while (scanner.next(chunk, run)) {
    const std::size_t length = run.end - run.start;
    if (run.lead.empty() && length == 0) continue;
    if (result.size == 0 && run.lead.empty()) {
      result.start = run.start;
      result.end = run.end;
    } else {
      result.is_view = false;
    }
    result.size += run.lead.size() + length;
  }
  return result;
}

std::uint8_t* append(std::uint8_t* out, Bytes octets) noexcept {
  // Content that changes at every octet comes in runs of one or two: a loop is then several times faster than
  // memcpy.
  constexpr std::size_t k_short = 16;
  if (octets.size() >= k_short) {
    std::memcpy(out, octets.data(), octets.size());
    return out + octets.size();
  }
  for (const std::uint8_t octet : octets) *out++ = octet;
  return out;
}

void write(DataScanner& scanner, Bytes input, std::uint8_t* out) noexcept {
  DataChunk chunk(input);
  DataRun run;
  while (scanner.next(chunk, run)) {
    out = append(out, bytes::as_bytes(run.lead));
    out = append(out, input.subspan(run.start, run.end - run.start));
  }
}

class SmtpDataScanner final : public Napi::ObjectWrap<SmtpDataScanner> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "SmtpDataScanner",
        {InstanceMethod<&SmtpDataScanner::push>("push"), InstanceMethod<&SmtpDataScanner::facts>("facts")});
  }

  explicit SmtpDataScanner(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<SmtpDataScanner>(info), scanner_(mode_of(info), info[1].ToBoolean()) {
    if (!info[0].IsNumber() || !info[1].IsBoolean()) {
      Napi::TypeError::New(info.Env(), "SmtpDataScanner(mode, dotted) takes a number and a boolean")
          .ThrowAsJavaScriptException();
    }
  }

 private:
  static smtp::BareLineEnd mode_of(const Napi::CallbackInfo& info) {
    const bool refuse = info[0].IsNumber() && info[0].As<Napi::Number>().Int32Value() == 0;
    return refuse ? smtp::BareLineEnd::refuse : smtp::BareLineEnd::normalise;
  }

  /** push(input: Uint8Array, step: Uint32Array): Buffer | undefined. Undefined: the output is input[start,
   * end). */
  Napi::Value push(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const bool typed = info[0].IsTypedArray() && info[1].IsTypedArray() &&
                       info[0].As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array &&
                       info[1].As<Napi::TypedArray>().TypedArrayType() == napi_uint32_array;
    if (!typed) {
      Napi::TypeError::New(env, "push(input, step) takes a Uint8Array and a Uint32Array")
          .ThrowAsJavaScriptException();
      return env.Undefined();
    }
    const auto octets = info[0].As<Napi::Uint8Array>();
    auto step = info[1].As<Napi::Uint32Array>();
    const Bytes input(octets.Data(), octets.ByteLength());
    if (step.ElementLength() < k_step_columns || input.size() > std::numeric_limits<std::uint32_t>::max()) {
      Napi::RangeError::New(env, "push: step is too short or input too long").ThrowAsJavaScriptException();
      return env.Undefined();
    }
    DataScanner scanned = scanner_;
    DataChunk chunk(input);
    const Measure measured = measure(scanned, chunk);
    step[k_consumed] = static_cast<std::uint32_t>(chunk.consumed());
    step[k_done] = scanned.is_done() ? 1 : 0;
    step[k_start] = static_cast<std::uint32_t>(measured.start);
    step[k_end] = static_cast<std::uint32_t>(measured.end);
    Napi::Value output = env.Undefined();
    if (!measured.is_view) {
      auto buffer = Napi::Buffer<std::uint8_t>::New(env, measured.size);
      if (buffer.IsEmpty()) return env.Undefined();
      DataScanner writing = scanner_;
      write(writing, input, buffer.Data());
      output = buffer;
    }
    scanner_ = scanned;
    return output;
  }

  /** facts(atEnd: boolean): ScanFacts. */
  Napi::Value facts(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const smtp::DataFacts facts = scanner_.facts(info[0].ToBoolean());
    const Napi::Object object = Napi::Object::New(env);
    object.Set("bareCr", Napi::Boolean::New(env, facts.bare_cr));
    object.Set("bareLf", Napi::Boolean::New(env, facts.bare_lf));
    object.Set("nul", Napi::Boolean::New(env, facts.nul));
    object.Set("eightBit", Napi::Boolean::New(env, facts.eight_bit));
    object.Set("longestLine", Napi::Number::New(env, static_cast<double>(facts.longest_line)));
    object.Set("receivedCount", Napi::Number::New(env, static_cast<double>(facts.received_count)));
    return object;
  }

  DataScanner scanner_;
};

}  // namespace

void register_smtp(Napi::Env env, Napi::Object exports) {
  exports.Set("SmtpDataScanner", SmtpDataScanner::define(env));
}

}  // namespace tegu::addon
