// See io-environment.h.
#include "addon/io-environment.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "addon/bindings.h"
#include "addon/system-error.h"

namespace tegu::addon {

IoEnvironment& IoEnvironment::of(Napi::Env env) {
  std::shared_ptr<void>& slot = environment_slot(env, Slot::io);
  if (!slot)
    slot = std::shared_ptr<IoEnvironment>(new IoEnvironment(env), [](IoEnvironment* self) { delete self; });
  return *static_cast<IoEnvironment*>(slot.get());
}

// The clean-up hook has run before: instance data goes last.
IoEnvironment::~IoEnvironment() = default;

void IoEnvironment::configure(unsigned max_in_flight, unsigned max_readers) noexcept {
  options_.max_in_flight = max_in_flight;
  options_.max_readers = max_readers;
  if (engine_) engine_->resize(max_in_flight, max_readers);
}

maildir::IoEngine* IoEnvironment::engine(Napi::Env env) {
  if (!engine_ && !open(env)) return nullptr;
  return engine_.get();
}

bool IoEnvironment::open(Napi::Env env) {
  if (is_closed_) {
    Napi::Error::New(env, "the I/O engine is closed").ThrowAsJavaScriptException();
    return false;
  }
  if (!maildir::parse_io_choice(std::getenv("TEGU_IO"), options_.choice)) {
    Napi::Error::New(env, "TEGU_IO must be uring or threads").ThrowAsJavaScriptException();
    return false;
  }
  int error = 0;
  std::unique_ptr<maildir::IoEngine> engine = maildir::IoEngine::open(options_, error);
  if (!engine) {
    const Napi::Value thrown = system_error(env, error, "opening the I/O engine", "");
    napi_throw(env, thrown);
    return false;
  }
  const Napi::String name = Napi::String::New(env, "tegu:io");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, on_settled,
                                      &wake_) != napi_ok) {
    Napi::Error::New(env, "cannot make the I/O wake-up").ThrowAsJavaScriptException();
    return false;
  }
  napi_unref_threadsafe_function(env, wake_);
  // Registered after the thread-safe function, whose own hook must run later than ours.
  napi_add_env_cleanup_hook(env, on_cleanup, this);
  engine_ = std::move(engine);
  return true;
}

napi_value IoEnvironment::promise(Napi::Env env, Pending& pending, Napi::Value pinned) {
  napi_value promise = nullptr;
  napi_create_promise(env, &pending.deferred_, &promise);
  if (!pinned.IsEmpty()) napi_create_reference(env, pinned, 1, &pending.pinned_);
  if (pending_count_++ == 0) napi_ref_threadsafe_function(env, wake_);
  return promise;
}

void IoEnvironment::settle(Pending* pending) noexcept {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = settled_.empty();
    settled_.emplace_back(pending);
  }
  // Those after the first ride along: the loop takes all there are.
  if (is_first) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

napi_value IoEnvironment::run(Napi::Env env, std::unique_ptr<Pending> owned, std::function<void()> work) {
  maildir::IoEngine* const io = engine(env);
  if (io == nullptr) return nullptr;
  Pending* const pending = owned.release();
  const napi_value result = promise(env, *pending, {});
  io->call(std::move(work), [this, pending](const maildir::IoOutcome& outcome) {
    // The work has filled in its own outcome; only a cancelled one has none.
    if (outcome.error != 0) pending->outcome = outcome;
    settle(pending);
  });
  return result;
}

void IoEnvironment::on_settled(napi_env env, napi_value, void* self, void*) noexcept {
  // Without an environment it is going away, and the clean-up hook frees the rest.
  if (env != nullptr) static_cast<IoEnvironment*>(self)->drain(env);
}

void IoEnvironment::drain(napi_env env) noexcept {
  std::vector<std::unique_ptr<Pending>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(settled_);
  }
  const Napi::HandleScope batch_scope(env);
  for (const auto& pending : batch) {
    const Napi::HandleScope scope(env);
    finish(env, *pending);
  }
  pending_count_ -= batch.size();
  if (pending_count_ == 0 && !batch.empty()) napi_unref_threadsafe_function(env, wake_);
}

void IoEnvironment::finish(napi_env env, Pending& pending) noexcept {
  if (pending.pinned_ != nullptr) napi_delete_reference(env, pending.pinned_);
  int error = pending.outcome.error;
  if (error == 0) {
    const napi_value value = pending.value(env);
    if (value != nullptr) {
      napi_resolve_deferred(env, pending.deferred_, value);
      return;
    }
    // Making the value threw, which only a lack of memory does.
    napi_value ignored = nullptr;
    napi_get_and_clear_last_exception(env, &ignored);
    error = ENOMEM;
  }
  napi_reject_deferred(env, pending.deferred_, system_error(env, error, pending.outcome.stage, pending.path));
}

void IoEnvironment::on_cleanup(void* raw) noexcept {
  auto* self = static_cast<IoEnvironment*>(raw);
  self->is_closed_ = true;
  self->engine_->close();
  self->engine_.reset();
  for (const auto& pending : self->settled_) {
    if (pending->pinned_ != nullptr) napi_delete_reference(self->env_, pending->pinned_);
  }
  self->settled_.clear();
  napi_release_threadsafe_function(self->wake_, napi_tsfn_abort);
}

}  // namespace tegu::addon
