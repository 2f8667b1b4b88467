// Node-API edge of native/service.
#include "addon/bindings.h"
#include "service/notify.h"

namespace tegu::addon {

namespace {

/** serviceNotify(path: string, state: string): 0 or errno. */
Napi::Value service_notify(const Napi::CallbackInfo& info) {
  if (info.Length() != 2 || !info[0].IsString() || !info[1].IsString()) {
    Napi::TypeError::New(info.Env(), "serviceNotify(path, state) takes two strings")
        .ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  const std::string path = info[0].As<Napi::String>();
  const std::string state = info[1].As<Napi::String>();
  return Napi::Number::New(info.Env(), service::notify(path, state));
}

}  // namespace

void register_service(Napi::Env env, Napi::Object exports) {
  exports.Set("serviceNotify", Napi::Function::New(env, service_notify, "serviceNotify"));
}

}  // namespace tegu::addon
