// Backend over plain system calls in two pools: one for durable steps, which may all sit in fsync at a time,
// and one for reads and batches, which must not wait behind them. Always available.
#pragma once

#include "maildir/io-op.h"
#include "maildir/worker-pool.h"

namespace tegu::maildir {

class ThreadsBackend final : public IoBackend {
 public:
  ThreadsBackend(unsigned max_writers, unsigned max_readers) noexcept
      : writers_(max_writers), readers_(max_readers) {}

  /** Starts the first threads; false when the system allows none. */
  [[nodiscard]] bool start() noexcept { return writers_.start() && readers_.start(); }

  void submit(Op& op) noexcept override;
  void resize(unsigned max_writers, unsigned max_readers) noexcept override;
  void cancel_waiting() noexcept override;
  void stop() noexcept override;

 private:
  WorkerPool writers_;
  WorkerPool readers_;
};

}  // namespace tegu::maildir
