// Node-API edge of native/password: crypt(3) on a libuv pool thread.
#include "addon/bindings.h"
#include "password/crypt-hash.h"

namespace tegu::addon {

namespace {

using password::crypt_hash;
using password::CryptStatus;

class CryptWork final : public Napi::AsyncWorker {
 public:
  CryptWork(Napi::Env env, std::string phrase, std::string setting)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        phrase_(std::move(phrase)),
        setting_(std::move(setting)) {}

  [[nodiscard]] Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override { status_ = crypt_hash(phrase_, setting_, hash_); }

  void OnOK() override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    if (status_ == CryptStatus::ok) {
      deferred_.Resolve(Napi::String::New(env, hash_));
      return;
    }
    const bool missing = status_ == CryptStatus::no_library;
    Napi::Error error =
        Napi::Error::New(env, missing ? "libcrypt is not installed" : "unknown crypt(3) setting");
    error.Set("code", Napi::String::New(env, missing ? "ENOSYS" : "EINVAL"));
    deferred_.Reject(error.Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::string phrase_;
  std::string setting_;
  std::string hash_;
  CryptStatus status_ = CryptStatus::no_library;
};

/** passwordCrypt(phrase: string, setting: string): Promise<string>. */
Napi::Value password_crypt(const Napi::CallbackInfo& info) {
  if (info.Length() != 2 || !info[0].IsString() || !info[1].IsString()) {
    Napi::TypeError::New(info.Env(), "passwordCrypt(phrase, setting) takes two strings")
        .ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  auto* work = new CryptWork(info.Env(), info[0].As<Napi::String>(), info[1].As<Napi::String>());
  const Napi::Promise promise = work->promise();
  work->Queue();
  return promise;
}

}  // namespace

void register_password(Napi::Env env, Napi::Object exports) {
  exports.Set("passwordCrypt", Napi::Function::New(env, password_crypt, "passwordCrypt"));
}

}  // namespace tegu::addon
