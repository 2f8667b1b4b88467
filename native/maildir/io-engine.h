// The engine: durable file operations with many in flight, over one of two backends with identical semantics.
//
// `settled` callbacks run on a backend thread, exactly once, and must not block; paths and vectors of a
// request are copied, the octets that the vectors point to are borrowed until then. At most `max_in_flight`
// durable requests run, the others wait behind them in order; syncs bypass that queue, since others wait for
// them. close() cancels what has not begun, waits for what has, and is harmless when called again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "maildir/durable-chain.h"
#include "maildir/io-op.h"
#include "maildir/io-outcome.h"
#include "maildir/path-batch.h"
#include "maildir/sync-group.h"

namespace tegu::maildir {

enum class IoChoice : std::uint8_t { automatic, uring, threads };
enum class IoKind : std::uint8_t { uring, threads };

/** Reads a TEGU_IO value: unset or empty is `automatic`. False for anything but `uring` and `threads`. */
[[nodiscard]] bool parse_io_choice(const char* text, IoChoice& choice) noexcept;

struct IoOptions {
  IoChoice choice = IoChoice::automatic;
  /** Durable requests under way at a time; also the number of threads, or of ring workers, that may sync at
   * once. */
  unsigned max_in_flight = 64;
  /** Threads for reading, scanning and batches. */
  unsigned max_readers = 16;
};

struct IoStats {
  std::uint64_t in_flight = 0;
  std::uint64_t submitted = 0;
  std::uint64_t directory_syncs = 0;
  std::uint64_t data_syncs = 0;
};

class IoEngine {
 public:
  /** Opens the engine; nullptr and an errno when the backend asked for cannot be had. */
  [[nodiscard]] static std::unique_ptr<IoEngine> open(const IoOptions& options, int& error) noexcept;
  ~IoEngine();
  IoEngine(const IoEngine&) = delete;
  IoEngine& operator=(const IoEngine&) = delete;

  [[nodiscard]] IoKind kind() const noexcept { return kind_; }

  /** Create, write, fsync, close, rename without overwriting, sync the directory. */
  void deliver(DurableFile file, OnSettled settled);
  /** The tail of deliver for a file the caller wrote; the descriptor stays the caller's. The tmp file goes on
   * failure. */
  void commit(int fd, std::string tmp_path, std::string final_path, OnSettled settled);
  /** fsync of a directory, shared with others who ask meanwhile. */
  void sync_directory(std::string path, OnSettled settled);
  /** fdatasync of a descriptor, shared likewise. */
  void sync_data(int fd, OnSettled settled);
  /** See SyncGroups::forget_failure. */
  void forget_failure(int fd) noexcept { syncs_.forget_failure(fd); }
  /** Renames and links take [from, to, from, to …] and never overwrite; an unlink of nothing succeeds. Then
   * the syncs. */
  void change_paths(PathAction action, std::vector<std::string> paths, std::vector<std::string> directories,
                    OnBatchSettled settled);
  /** Runs `work` on a worker thread, then `done`; `work` is skipped (and done gets ECANCELED) once the engine
   * closes. */
  void call(std::function<void()> work, OnSettled done);

  /** Changes the bounds; what runs over a lowered bound ends normally. */
  void resize(unsigned max_in_flight, unsigned max_readers) noexcept;

  [[nodiscard]] IoStats stats() const noexcept;
  void close() noexcept;

 private:
  IoEngine(IoKind kind, std::unique_ptr<IoBackend> backend, unsigned max_in_flight) noexcept;
  void start_or_queue(Op& first_step) noexcept;
  void begin() noexcept;
  void finish(bool is_bounded) noexcept;

  const IoKind kind_;
  const std::unique_ptr<IoBackend> backend_;
  SyncGroups syncs_;

  mutable std::mutex mutex_;
  std::condition_variable is_idle_;
  unsigned max_in_flight_;
  OpQueue queue_;
  unsigned running_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t submitted_ = 0;
};

}  // namespace tegu::maildir
