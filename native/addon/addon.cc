// Entry of the addon: makes the per-environment state, then lets every binding add its exports.
//
// Context-aware: the module may be loaded by the main thread and by any number of worker threads at the same
// time.
#include "addon/bindings.h"

namespace tegu::addon {

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData<AddonData>(new AddonData());
  register_mime(env, exports);
  register_smtp(env, exports);
  register_imap(env, exports);
  register_io(env, exports);
  register_maildir(env, exports);
  register_service(env, exports);
  register_password(env, exports);
  return exports;
}

NODE_API_MODULE(tegu, initialise)

}  // namespace
}  // namespace tegu::addon
