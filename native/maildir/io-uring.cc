// See io-uring.h.
#include "maildir/io-uring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace tegu::maildir {
namespace {

constexpr std::size_t k_stack_bytes = 256 * 1024;
constexpr std::uint64_t k_wake_user = 0;
/** Room beside the durable requests: syncs that are not bounded by them, and the wake-up. */
constexpr unsigned k_extra_entries = 64;
/** The ring is made for the largest engine: entries and idle kernel workers that are never used cost next to
 * nothing. */
constexpr unsigned k_max_writers = 1024;

thread_local const UringBackend* current_backend = nullptr;

}  // namespace

int UringBackend::start() noexcept {
  if (!readers_.start()) return EAGAIN;
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (wake_fd_ < 0) return errno;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, k_stack_bytes);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread_, &attributes, thread_main, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) return error;
  has_thread_ = true;
  std::unique_lock lock(mutex_);
  has_started_.wait(lock, [this] { return start_error_ >= 0; });
  return start_error_;
}

void UringBackend::report_start(int error) noexcept {
  const std::lock_guard lock(mutex_);
  start_error_ = error;
  has_started_.notify_all();
}

void* UringBackend::thread_main(void* backend) noexcept {
  auto* self = static_cast<UringBackend*>(backend);
  // Opened here and not by the creator: the ring belongs to the task that issues, and so do its kernel
  // workers.
  const int error = self->ring_.open(k_max_writers + k_extra_entries, k_max_writers);
  self->report_start(error);
  if (error == 0) self->work();
  return nullptr;
}

void UringBackend::submit(Op& op) noexcept {
  if (op.kind == OpKind::call || op.kind == OpKind::copy) return readers_.submit(op);
  if (current_backend == this) return pending_.push(op);
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    submitted_.push(op);
    must_wake = !is_awake_;
    is_awake_ = true;
  }
  if (must_wake) wake();
}

void UringBackend::wake() noexcept {
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from its limit.
  [[maybe_unused]] const ssize_t ignored = write(wake_fd_, &one, sizeof one);
}

/** Moves what other threads left into `pending_`. False when the thread should end. */
bool UringBackend::take_submissions() noexcept {
  const std::lock_guard lock(mutex_);
  pending_.append(submitted_);
  if (pending_.empty()) {
    if (is_stopping_) return false;
    is_awake_ = false;
  }
  return true;
}

/** Hands pending ops to the ring while it has room; cancelled ones end here. */
void UringBackend::push_pending() noexcept {
  if (!is_wake_armed_) is_wake_armed_ = ring_.push_read(wake_fd_, &wake_count_, k_wake_user);
  // One entry stays free for the wake-up; at most that many completions can wait, so the completion ring
  // never overflows.
  while (!pending_.empty() && in_kernel_ + 1 < ring_.capacity()) {
    Op* op = pending_.pop();
    if (is_cancelling_ && !op->is_cleanup) {
      op->completed(-ECANCELED);
      continue;
    }
    if (!ring_.push(*op, reinterpret_cast<std::uintptr_t>(op))) {
      pending_.push(*op);
      return;
    }
    ++in_kernel_;
  }
}

void UringBackend::reap() noexcept {
  std::uint64_t user = 0;
  std::int64_t result = 0;
  while (ring_.pop(user, result)) {
    if (user == k_wake_user) {
      is_wake_armed_ = false;
      continue;
    }
    --in_kernel_;
    reinterpret_cast<Op*>(static_cast<std::uintptr_t>(user))->completed(result);
  }
}

void UringBackend::work() noexcept {
  current_backend = this;
  while (take_submissions()) {
    push_pending();
    // EINTR, EAGAIN and EBUSY only mean that what was pushed is handed over by the next call.
    [[maybe_unused]] const int ignored = ring_.submit_and_wait();
    reap();
  }
  current_backend = nullptr;
}

void UringBackend::resize(unsigned, unsigned max_readers) noexcept {
  readers_.set_max_threads(max_readers);
}

void UringBackend::cancel_waiting() noexcept {
  is_cancelling_ = true;
  readers_.cancel_waiting();
}

void UringBackend::stop() noexcept {
  // Readers first: what they complete may still go through the ring.
  readers_.stop();
  if (has_thread_) {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake();
    pthread_join(thread_, nullptr);
    has_thread_ = false;
  }
  ring_.close();
  if (wake_fd_ >= 0) ::close(wake_fd_);
  wake_fd_ = -1;
}

}  // namespace tegu::maildir
