// See worker-pool.h.
#include "maildir/worker-pool.h"

#include <cerrno>
#include <csignal>

namespace tegu::maildir {
namespace {

// Our deepest frame holds a directory buffer on the heap and little else.
constexpr std::size_t k_stack_bytes = 256 * 1024;

/** The op that the current thread's running op asked to be continued with, if that thread belongs to `pool`.
 */
struct Continuation {
  const WorkerPool* pool = nullptr;
  Op* op = nullptr;
};
thread_local Continuation continuation;

}  // namespace

void WorkerPool::submit(Op& op) noexcept {
  if (continuation.pool == this && continuation.op == nullptr) {
    continuation.op = &op;
    return;
  }
  const std::lock_guard lock(mutex_);
  (op.is_urgent ? urgent_ : waiting_).push(op);
  // `wakeups_` counts notified threads that have not run yet; they are still in `idle_`.
  if (idle_ > wakeups_) {
    ++wakeups_;
    has_work_.notify_one();
  } else if (threads_.size() < max_threads_) {
    start_thread();
  }
}

void WorkerPool::set_max_threads(unsigned max_threads) noexcept {
  const std::lock_guard lock(mutex_);
  max_threads_ = max_threads;
}

bool WorkerPool::start() noexcept {
  const std::lock_guard lock(mutex_);
  return start_thread();
}

void* WorkerPool::thread_main(void* pool) noexcept {
  static_cast<WorkerPool*>(pool)->work();
  return nullptr;
}

bool WorkerPool::start_thread() noexcept {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, k_stack_bytes);
  // The new thread inherits the signal mask of its maker.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool is_started = pthread_create(&thread, &attributes, thread_main, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (is_started) threads_.push_back(thread);
  return is_started;
}

Op* WorkerPool::take() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (Op* op = urgent_.pop(); op != nullptr) return op;
    if (Op* op = waiting_.pop(); op != nullptr) return op;
    if (is_stopping_) return nullptr;
    ++idle_;
    has_work_.wait(lock);
    --idle_;
    if (wakeups_ > 0) --wakeups_;
  }
}

void WorkerPool::work() noexcept {
  continuation.pool = this;
  for (Op* op = take(); op != nullptr; op = take()) {
    while (op != nullptr) {
      const bool is_refused = is_cancelling_ && !op->is_cleanup;
      const std::int64_t result = is_refused ? -ECANCELED : run_op(*op);
      op->completed(result);
      op = continuation.op;
      continuation.op = nullptr;
    }
  }
  continuation.pool = nullptr;
}

void WorkerPool::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  has_work_.notify_all();
  for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  threads_.clear();
}

}  // namespace tegu::maildir
