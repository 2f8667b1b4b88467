// Group commit: fsync of directories and fdatasync of descriptors, each shared by everybody who asks for the
// same one.
//
// A request that arrives while a sync of its directory or descriptor runs waits for the NEXT one, never for
// the running one, which may have begun before the caller's change. Directories are told apart by path and
// opened for each sync, because a path may come to name another directory. A file whose fdatasync failed is
// poisoned: the kernel forgets what it could not write and would report success next time, so every later
// sync of that file fails with the same errno ("fsyncgate"), until its owner says that nothing of that is in
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "maildir/io-op.h"
#include "maildir/io-outcome.h"

namespace tegu::maildir {

class SyncGroups {
 public:
  explicit SyncGroups(IoBackend& backend) noexcept;
  ~SyncGroups();
  SyncGroups(const SyncGroups&) = delete;
  SyncGroups& operator=(const SyncGroups&) = delete;

  /** fsync of the directory at `path`. */
  void sync_directory(std::string path, OnSettled settled) noexcept;
  /** fdatasync of `fd`, which must stay open until settled. */
  void sync_data(int fd, OnSettled settled) noexcept;

  /** Lifts the poison from the file behind `fd`: for owners who gave up all that a sync had failed for. */
  void forget_failure(int fd) noexcept;

  /** System calls made so far, not requests: fewer than requests when syncs were shared. */
  [[nodiscard]] std::uint64_t directory_syncs() const noexcept { return directory_syncs_; }
  [[nodiscard]] std::uint64_t data_syncs() const noexcept { return data_syncs_; }

 private:
  class Group;
  class DirectoryGroup;
  class DataGroup;

  /** A file across descriptors and, where the file system tells the birth time, across reuse of the inode
   * number. */
  struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t born_seconds = 0;
    std::uint32_t born_nanoseconds = 0;
    int error = 0;
  };

  static bool identify(int fd, FileIdentity& identity) noexcept;
  static bool is_same(const FileIdentity& left, const FileIdentity& right) noexcept;
  void poison(int fd, int error) noexcept;
  [[nodiscard]] int poisoned_error(int fd) noexcept;

  IoBackend& backend_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<DirectoryGroup>> directories_;
  std::unordered_map<int, std::unique_ptr<DataGroup>> descriptors_;
  std::vector<FileIdentity> poisoned_;
  std::atomic<bool> has_poisoned_{false};
  std::atomic<std::uint64_t> directory_syncs_{0};
  std::atomic<std::uint64_t> data_syncs_{0};
};

}  // namespace tegu::maildir
