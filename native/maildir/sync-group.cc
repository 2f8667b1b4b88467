// See sync-group.h. A group is one Op that lives in its map from the first request until a sync ends with
// nobody waiting.
#include "maildir/sync-group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tegu::maildir {
namespace {

/** Poisoned files remembered; a disk with more of them is treated as failing altogether. */
constexpr std::size_t k_max_poisoned = 4096;
constexpr unsigned k_max_repeats = 16;

/** Errors of a sync after which nothing was lost: it did not happen, or the descriptor cannot be synced at
 * all. */
bool is_harmless(int error) noexcept {
  return error == EBADF || error == EINVAL || error == EROFS || error == ECANCELED || error == EINTR ||
         error == EAGAIN;
}

}  // namespace

class SyncGroups::Group : public Op {
 public:
  explicit Group(SyncGroups& owner) noexcept : owner_(owner) { is_urgent = true; }
  ~Group() override = default;

  /** Adds a request; true when the caller must start the group (outside the lock). */
  bool join(OnSettled settled) {
    if (is_running_) {
      waiting_.push_back(std::move(settled));
      return false;
    }
    running_.push_back(std::move(settled));
    is_running_ = true;
    return true;
  }

  virtual void start() noexcept = 0;

 protected:
  /** Removes the group from its map and returns it, so that it dies after its last use. Called under the
   * lock. */
  virtual std::unique_ptr<Group> leave() noexcept = 0;

  /** Repeats an interrupted step a bounded number of times. */
  bool repeat(std::int64_t result) noexcept {
    if (result != -EINTR || repeats_ >= k_max_repeats) return false;
    ++repeats_;
    owner_.backend_.submit(*this);
    return true;
  }

  /** Tells those who waited for this sync, and starts the next one if others came meanwhile. May delete this.
   */
  void finish(int error, const char* stage) noexcept {
    std::vector<OnSettled> done;
    std::unique_ptr<Group> last;
    bool has_more = false;
    {
      const std::lock_guard lock(owner_.mutex_);
      done = std::exchange(running_, std::exchange(waiting_, {}));
      has_more = !running_.empty();
      if (!has_more) last = leave();
    }
    if (has_more) {
      repeats_ = 0;
      start();
    }
    // From here on another thread may already have finished and deleted a restarted group.
    const IoOutcome outcome{.error = error, .stage = stage};
    for (const OnSettled& settled : done) settled(outcome);
  }

  SyncGroups& owner_;

 private:
  std::vector<OnSettled> running_;
  std::vector<OnSettled> waiting_;
  bool is_running_ = false;
  unsigned repeats_ = 0;
};

class SyncGroups::DirectoryGroup final : public Group {
 public:
  DirectoryGroup(SyncGroups& owner, std::string directory) noexcept
      : Group(owner), directory_(std::move(directory)) {}

  void start() noexcept override {
    kind = OpKind::open;
    path = directory_.c_str();
    flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    owner_.backend_.submit(*this);
  }

  void completed(std::int64_t result) noexcept override {
    if (repeat(result)) return;
    if (kind == OpKind::open) {
      if (result < 0) return finish(static_cast<int>(-result), "open directory");
      fd = static_cast<int>(result);
      kind = OpKind::fsync;
      ++owner_.directory_syncs_;
      owner_.backend_.submit(*this);
      return;
    }
    // Closing a directory frees memory and never waits.
    ::close(std::exchange(fd, -1));
    finish(result < 0 ? static_cast<int>(-result) : 0, "fsync directory");
  }

 protected:
  std::unique_ptr<Group> leave() noexcept override {
    auto node = owner_.directories_.extract(directory_);
    return std::move(node.mapped());
  }

 private:
  const std::string directory_;
};

class SyncGroups::DataGroup final : public Group {
 public:
  DataGroup(SyncGroups& owner, int descriptor) noexcept : Group(owner), descriptor_(descriptor) {}

  void start() noexcept override {
    kind = OpKind::fdatasync;
    fd = descriptor_;
    ++owner_.data_syncs_;
    owner_.backend_.submit(*this);
  }

  void completed(std::int64_t result) noexcept override {
    if (repeat(result)) return;
    int error = result < 0 ? static_cast<int>(-result) : 0;
    if (error != 0 && !is_harmless(error)) owner_.poison(descriptor_, error);
    // Asked after the sync too: another descriptor of this file may have taken the kernel's one error report
    // meanwhile.
    if (error == 0) error = owner_.poisoned_error(descriptor_);
    finish(error, "fdatasync");
  }

 protected:
  std::unique_ptr<Group> leave() noexcept override {
    auto node = owner_.descriptors_.extract(descriptor_);
    return std::move(node.mapped());
  }

 private:
  const int descriptor_;
};

SyncGroups::SyncGroups(IoBackend& backend) noexcept : backend_(backend) {}
SyncGroups::~SyncGroups() = default;

void SyncGroups::sync_directory(std::string path, OnSettled settled) noexcept {
  Group* to_start = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& group = directories_[path];
    if (!group) group = std::make_unique<DirectoryGroup>(*this, std::move(path));
    if (group->join(std::move(settled))) to_start = group.get();
  }
  if (to_start != nullptr) to_start->start();
}

void SyncGroups::sync_data(int fd, OnSettled settled) noexcept {
  Group* to_start = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto& group = descriptors_[fd];
    if (!group) group = std::make_unique<DataGroup>(*this, fd);
    if (group->join(std::move(settled))) to_start = group.get();
  }
  if (to_start != nullptr) to_start->start();
}

bool SyncGroups::identify(int fd, FileIdentity& identity) noexcept {
  struct statx info {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &info) != 0) return false;
  identity.device = makedev(info.stx_dev_major, info.stx_dev_minor);
  identity.inode = info.stx_ino;
  if ((info.stx_mask & STATX_BTIME) != 0) {
    identity.born_seconds = info.stx_btime.tv_sec;
    identity.born_nanoseconds = info.stx_btime.tv_nsec;
  }
  return true;
}

void SyncGroups::poison(int fd, int error) noexcept {
  FileIdentity identity;
  if (!identify(fd, identity)) return;
  identity.error = error;
  const std::lock_guard lock(mutex_);
  if (poisoned_.size() < k_max_poisoned) poisoned_.push_back(identity);
  has_poisoned_ = true;
}

void SyncGroups::forget_failure(int fd) noexcept {
  FileIdentity identity;
  if (!identify(fd, identity)) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(poisoned_, [&](const FileIdentity& known) { return is_same(known, identity); });
  has_poisoned_ = !poisoned_.empty();
}

bool SyncGroups::is_same(const FileIdentity& left, const FileIdentity& right) noexcept {
  return left.device == right.device && left.inode == right.inode &&
         left.born_seconds == right.born_seconds && left.born_nanoseconds == right.born_nanoseconds;
}

int SyncGroups::poisoned_error(int fd) noexcept {
  if (!has_poisoned_) return 0;
  FileIdentity identity;
  if (!identify(fd, identity)) return 0;
  const std::lock_guard lock(mutex_);
  if (poisoned_.size() >= k_max_poisoned) return EIO;
  for (const FileIdentity& known : poisoned_) {
    if (is_same(known, identity)) return known.error;
  }
  return 0;
}

}  // namespace tegu::maildir
