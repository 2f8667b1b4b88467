// A batch of renames, hard links or unlinks followed by directory syncs, as one request.
//
// Items are done in order on one worker thread: within one directory the kernel serialises them on its lock
// anyway, and the order makes chains (a to b, then c to a) mean what they say. One item's failure is its own:
// the others go on.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "maildir/io-op.h"
#include "maildir/io-outcome.h"
#include "maildir/sync-group.h"

namespace tegu::maildir {

enum class PathAction : std::uint8_t { rename, link, unlink };

/** Receives the outcome of the directory syncs, and 0 or a positive errno per item. */
using OnBatchSettled = std::function<void(const IoOutcome&, std::vector<int>)>;

/** Renames without overwriting (EEXIST), by link and unlink where the file system lacks RENAME_NOREPLACE. 0
 * or errno. */
[[nodiscard]] int rename_no_replace(const char* from, const char* to) noexcept;

class PathBatch final : public Op {
 public:
  /** `paths`: [from, to, from, to …] for renames and links, single paths for unlinks. Deletes itself after
   * `settled`. */
  PathBatch(IoBackend& backend, SyncGroups& syncs, PathAction action, std::vector<std::string> paths,
            std::vector<std::string> directories, OnBatchSettled settled) noexcept;

  std::int64_t call() noexcept override;
  void completed(std::int64_t result) noexcept override;

 private:
  ~PathBatch() override = default;
  [[nodiscard]] int apply(std::size_t item) const noexcept;
  void sync_directories() noexcept;
  void synced(const IoOutcome& outcome) noexcept;
  void settle() noexcept;

  IoBackend& backend_;
  SyncGroups& syncs_;
  const PathAction action_;
  const std::vector<std::string> paths_;
  const std::vector<std::string> directories_;
  OnBatchSettled settled_;
  std::vector<int> errors_;
  std::size_t done_ = 0;
  std::mutex mutex_;
  std::size_t syncs_left_ = 0;
  IoOutcome outcome_;
};

}  // namespace tegu::maildir
