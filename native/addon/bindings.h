// What every file of native/addon shares: the registration entry points and the per-environment state.
//
// Node-API gives an addon one instance-data pointer per environment (main thread or worker thread). It is an
// `AddonData` made by addon.cc, whose slots belong to the single binding named by the slot. Bindings keep no
// other mutable state: a `static` would be shared between threads. Slots are released by Node after all
// clean-up hooks have run.
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <memory>

namespace tegu::addon {

/** Owner of a slot in AddonData. */
enum class Slot : std::size_t { io, mime, smtp, imap, maildir, count };

/** State of one environment; each slot holds whatever its binding needs, destroyed with its own type's
 * destructor. */
struct AddonData {
  std::array<std::shared_ptr<void>, static_cast<std::size_t>(Slot::count)> slots;
};

/** The slot of `owner` in this environment; empty until that binding fills it. */
inline std::shared_ptr<void>& environment_slot(Napi::Env env, Slot owner) {
  return env.GetInstanceData<AddonData>()->slots[static_cast<std::size_t>(owner)];
}

// Each adds its functions and classes to `exports`. Called once per environment, on its thread.
void register_mime(Napi::Env env, Napi::Object exports);
void register_smtp(Napi::Env env, Napi::Object exports);
void register_imap(Napi::Env env, Napi::Object exports);
void register_io(Napi::Env env, Napi::Object exports);
void register_maildir(Napi::Env env, Napi::Object exports);
void register_service(Napi::Env env, Napi::Object exports);
void register_password(Napi::Env env, Napi::Object exports);

}  // namespace tegu::addon
