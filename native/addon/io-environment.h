// The I/O engine of one JavaScript environment, and the way its results come back to that environment's
// thread.
//
// Results are collected by the engine's threads and handed over in batches through one thread-safe function:
// one wake-up of the event loop settles everything that has finished meanwhile. While requests are under way
// the environment is kept alive; an idle engine does not keep the process. The clean-up hook closes the
// engine before the environment goes: it cancels what has not begun and waits for what has, because the
// kernel still reads the pinned octets.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "maildir/file-range.h"
#include "maildir/io-engine.h"

namespace tegu::addon {

/** One promise on its way. Made and settled on the environment's thread; the engine fills in the outcome
 * between. */
class Pending {
 public:
  virtual ~Pending() = default;
  Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  /** What the promise resolves with; nullptr when it could not be made. Called when the outcome has no error.
   */
  virtual napi_value value(Napi::Env env) = 0;

  maildir::IoOutcome outcome;
  /** Path that the request is about, for the error. */
  std::string path;

 private:
  friend class IoEnvironment;
  napi_deferred deferred_ = nullptr;
  /** Keeps JavaScript buffers alive that the engine reads from; may be empty. */
  napi_ref pinned_ = nullptr;
};

class IoEnvironment {
 public:
  /** The environment's own; made at the first use. */
  static IoEnvironment& of(Napi::Env env);
  ~IoEnvironment();
  IoEnvironment(const IoEnvironment&) = delete;
  IoEnvironment& operator=(const IoEnvironment&) = delete;

  /** The engine, opened at the first use; nullptr with a pending JavaScript exception when that fails. */
  maildir::IoEngine* engine(Napi::Env env);
  /** Sets the bounds of the engine, open or not. */
  void configure(unsigned max_in_flight, unsigned max_readers) noexcept;
  /** Promises not settled yet. */
  [[nodiscard]] std::size_t pending_count() const noexcept { return pending_count_; }
  maildir::LfPositions& lf_positions() noexcept { return lf_positions_; }

  /** Promise of a request that is about to be handed to the engine; `pinned` (or empty) stays alive until it
   * settles. */
  napi_value promise(Napi::Env env, Pending& pending, Napi::Value pinned);
  /** Any thread: the outcome of `pending` is filled in. Takes ownership. */
  void settle(Pending* pending) noexcept;

  /** A promise for `work`, a blocking function run on a worker thread that fills in the outcome. */
  napi_value run(Napi::Env env, std::unique_ptr<Pending> pending, std::function<void()> work);

 private:
  explicit IoEnvironment(napi_env env) noexcept : env_(env) {}
  static void on_settled(napi_env env, napi_value callback, void* self, void* data) noexcept;
  static void on_cleanup(void* self) noexcept;
  bool open(Napi::Env env);
  void drain(napi_env env) noexcept;
  void finish(napi_env env, Pending& pending) noexcept;

  const napi_env env_;
  maildir::IoOptions options_;
  std::unique_ptr<maildir::IoEngine> engine_;
  maildir::LfPositions lf_positions_;
  napi_threadsafe_function wake_ = nullptr;
  /** Promises not settled yet; of the environment's thread. */
  std::size_t pending_count_ = 0;
  bool is_closed_ = false;

  std::mutex mutex_;
  std::vector<std::unique_ptr<Pending>> settled_;
};

}  // namespace tegu::addon
