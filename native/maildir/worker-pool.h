// Threads that execute ops with blocking system calls. Threads are started when work comes and no thread is
// idle, up to a maximum; an idle pool keeps what it has. All signals are blocked in them: they belong to the
// event loop.
//
// An op that submits its next step from `completed` is continued on the same thread at once (no queue, no
// wake-up), so that a chain costs one hand-over. Urgent ops (syncs that others wait for) are taken before
// others.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "maildir/io-op.h"

namespace tegu::maildir {

class WorkerPool {
 public:
  explicit WorkerPool(unsigned max_threads) noexcept : max_threads_(max_threads) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /** Starts the first thread; false when the system refuses it. Later refusals only mean fewer threads. */
  [[nodiscard]] bool start() noexcept;
  /** Queues one op; callable from any thread once started. */
  void submit(Op& op) noexcept;
  /** Changes how many threads there may be; those that run stay. */
  void set_max_threads(unsigned max_threads) noexcept;
  /** Ops not begun end with ECANCELED, except clean-up. */
  void cancel_waiting() noexcept { is_cancelling_ = true; }
  /** Runs what is queued, then ends and joins the threads. Harmless when called again. */
  void stop() noexcept;

 private:
  static void* thread_main(void* pool) noexcept;
  void work() noexcept;
  Op* take() noexcept;
  bool start_thread() noexcept;

  std::atomic<bool> is_cancelling_{false};
  std::mutex mutex_;
  std::condition_variable has_work_;
  unsigned max_threads_;
  OpQueue urgent_;
  OpQueue waiting_;
  unsigned idle_ = 0;
  unsigned wakeups_ = 0;
  bool is_stopping_ = false;
  std::vector<pthread_t> threads_;
};

}  // namespace tegu::maildir
