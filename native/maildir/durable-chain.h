// The chain of steps that makes one file durable under its final name, as a state machine over IoBackend.
//
// The order of the steps, and why, stands in durable-chain.cc and nowhere else. On failure nothing of the
// file is left behind: descriptors it opened are closed, the tmp file (if it was ours) and a final name not
// yet synced are removed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "maildir/io-op.h"
#include "maildir/io-outcome.h"
#include "maildir/sync-group.h"

namespace tegu::maildir {

/** A file to be made durable. */
struct DurableFile {
  static constexpr std::uint64_t k_any_size = UINT64_MAX;
  /** Must not exist; on the same file system as `final_path`. */
  std::string tmp_path;
  /** Must not exist either (EEXIST), unless `replace`. */
  std::string final_path;
  /** An existing file of that name is replaced, atomically; for control files, never for messages. */
  bool replace = false;
  /** Written first, in order; the octets are borrowed until the chain is settled. */
  std::vector<iovec> vectors;
  /** File whose octets from `source_offset` on follow; empty: none. */
  std::string source_path;
  std::uint64_t source_offset = 0;
  /** What buffers and source must come to; another number of octets fails with EIO. `k_any_size`: not
   * checked.
   */
  std::uint64_t size = k_any_size;
  mode_t mode = 0600;
};

class DurableChain final : public Op {
 public:
  /** Whole chain. The object deletes itself after `settled`. */
  DurableChain(IoBackend& backend, SyncGroups& syncs, DurableFile file, OnSettled settled) noexcept;
  /** Tail of the chain for a file already written through `fd`, which stays open and the caller's. */
  DurableChain(IoBackend& backend, SyncGroups& syncs, int fd, std::string tmp_path, std::string final_path,
               OnSettled settled) noexcept;

  void completed(std::int64_t result) noexcept override;

 private:
  enum class Step : std::uint8_t {
    create,
    open_source,
    write,
    copy,
    close_source,
    sync_file,
    close_file,
    rename,
    link,
    unlink_tmp,
    sync_directory,
    undo,
  };

  ~DurableChain() override = default;
  void prepare(Step step) noexcept;
  void go(Step step) noexcept;
  void advance(std::int64_t result) noexcept;
  void written(std::int64_t octets) noexcept;
  void copied(std::int64_t octets) noexcept;
  void write_or_copy() noexcept;
  void sync_file() noexcept;
  void renamed(std::int64_t result) noexcept;
  void sync_directory() noexcept;
  void fail(int error, const char* stage) noexcept;
  void undo() noexcept;
  void settle() noexcept;

  IoBackend& backend_;
  SyncGroups& syncs_;
  DurableFile file_;
  OnSettled settled_;
  Step step_;
  int file_fd_ = -1;
  int source_fd_ = -1;
  bool owns_fd_ = false;
  bool owns_tmp_ = false;
  bool owns_final_ = false;
  unsigned repeats_ = 0;
  std::size_t next_vector_ = 0;
  std::uint64_t written_ = 0;
  IoOutcome outcome_;
};

}  // namespace tegu::maildir
