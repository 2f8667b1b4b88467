// Backend over one io_uring. A single thread owns the ring: it submits, waits and runs the completions; other
// threads leave their ops in a queue and wake it through an eventfd. What the ring cannot do (copies, reads
// of whole files, batches) runs on a worker pool.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "maildir/io-op.h"
#include "maildir/io-ring.h"
#include "maildir/worker-pool.h"

namespace tegu::maildir {

class UringBackend final : public IoBackend {
 public:
  explicit UringBackend(unsigned max_readers) noexcept : readers_(max_readers) {}
  ~UringBackend() override { stop(); }

  /** Opens the ring on its thread; 0, or the errno that says why there is no io_uring here. */
  [[nodiscard]] int start() noexcept;

  void submit(Op& op) noexcept override;
  void resize(unsigned max_writers, unsigned max_readers) noexcept override;
  void cancel_waiting() noexcept override;
  void stop() noexcept override;

 private:
  static void* thread_main(void* backend) noexcept;
  void work() noexcept;
  bool take_submissions() noexcept;
  void push_pending() noexcept;
  void reap() noexcept;
  void wake() noexcept;
  void report_start(int error) noexcept;

  WorkerPool readers_;
  IoRing ring_;
  int wake_fd_ = -1;
  std::atomic<bool> is_cancelling_{false};

  std::mutex mutex_;
  OpQueue submitted_;
  bool is_awake_ = true;
  bool is_stopping_ = false;
  std::condition_variable has_started_;
  int start_error_ = -1;
  bool has_thread_ = false;
  pthread_t thread_{};

  // Of the ring thread only.
  OpQueue pending_;
  unsigned in_kernel_ = 0;
  std::uint64_t wake_count_ = 0;
  bool is_wake_armed_ = false;
};

}  // namespace tegu::maildir
