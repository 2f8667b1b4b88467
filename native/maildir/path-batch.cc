// See path-batch.h.
#include "maildir/path-batch.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tegu::maildir {
namespace {

/** Items done before the batch looks whether the engine is closing. */
constexpr std::size_t k_slice_items = 64;

int link_path(const char* from, const char* to) noexcept {
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0) == 0 ? 0 : errno;
}

int unlink_path(const char* path) noexcept {
  if (unlinkat(AT_FDCWD, path, 0) == 0 || errno == ENOENT) return 0;
  return errno;
}

}  // namespace

int rename_no_replace(const char* from, const char* to) noexcept {
  if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  const int error = link_path(from, to);
  return error != 0 ? error : unlink_path(from);
}

PathBatch::PathBatch(IoBackend& backend, SyncGroups& syncs, PathAction action, std::vector<std::string> paths,
                     std::vector<std::string> directories, OnBatchSettled settled) noexcept
    : backend_(backend),
      syncs_(syncs),
      action_(action),
      paths_(std::move(paths)),
      directories_(std::move(directories)),
      settled_(std::move(settled)),
      errors_(action == PathAction::unlink ? paths_.size() : paths_.size() / 2, ECANCELED) {
  kind = OpKind::call;
}

int PathBatch::apply(std::size_t item) const noexcept {
  switch (action_) {
    case PathAction::rename:
      return rename_no_replace(paths_[2 * item].c_str(), paths_[2 * item + 1].c_str());
    case PathAction::link:
      return link_path(paths_[2 * item].c_str(), paths_[2 * item + 1].c_str());
    case PathAction::unlink:
      return unlink_path(paths_[item].c_str());
  }
  return EINVAL;
}

std::int64_t PathBatch::call() noexcept {
  const std::size_t end = std::min(errors_.size(), done_ + k_slice_items);
  for (; done_ < end; ++done_) errors_[done_] = apply(done_);
  return 0;
}

void PathBatch::completed(std::int64_t result) noexcept {
  if (result < 0) {
    outcome_ = {.error = static_cast<int>(-result), .stage = "batch"};
    return settle();
  }
  if (done_ < errors_.size()) return backend_.submit(*this);
  sync_directories();
}

void PathBatch::sync_directories() noexcept {
  if (directories_.empty()) return settle();
  // The last sync to end deletes this, so nothing of this may be used after the last call.
  const std::size_t count = directories_.size();
  syncs_left_ = count;
  SyncGroups& syncs = syncs_;
  for (std::size_t i = 0; i < count; ++i) {
    syncs.sync_directory(directories_[i], [this](const IoOutcome& outcome) { synced(outcome); });
  }
}

void PathBatch::synced(const IoOutcome& outcome) noexcept {
  bool is_last = false;
  {
    const std::lock_guard lock(mutex_);
    if (outcome.error != 0 && outcome_.error == 0) outcome_ = outcome;
    is_last = --syncs_left_ == 0;
  }
  if (is_last) settle();
}

void PathBatch::settle() noexcept {
  const OnBatchSettled settled = std::move(settled_);
  const IoOutcome outcome = outcome_;
  std::vector<int> errors = std::move(errors_);
  delete this;
  settled(outcome, std::move(errors));
}

}  // namespace tegu::maildir
