// The durable chain. This is the one place where the order of its steps is decided:
//
//   1. create tmp       O_EXCL: two deliveries that chose one name cannot share a file.
//   2. write            all octets, short writes continued. A source that ends too early is no message:
//   nothing gets a name.
//   3. fsync(file)      before the name exists: whoever sees the final name, even after a power cut, sees all
//   octets. A failed
//                       fsync is final: the kernel has dropped the pages and would report success next time
//                       ("fsyncgate"), so the file is thrown away and never synced again.
//   4. close
//   5. rename           RENAME_NOREPLACE: a message is never overwritten (only a control file may be). File
//   systems without that flag get link + unlink,
//                       which refuses an existing name just as well.
//   6. fsync(directory) makes the name itself durable; shared with everybody who renamed into it meanwhile.
//   Only now may
//                       anybody be told that the file is there.
//
// When step 6 fails the name is taken back: the sender was not told 250 and will send the message again.
#include "maildir/durable-chain.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tegu::maildir {
namespace {

/** Octets copied from a source file per step: long enough to amortise the hand-over, short enough to be
 * cancelled. */
constexpr std::size_t k_copy_bytes = 1024 * 1024;
/** EINTR and EAGAIN in a row before they count as an error. */
constexpr unsigned k_max_repeats = 16;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

DurableChain::DurableChain(IoBackend& backend, SyncGroups& syncs, DurableFile file,
                           OnSettled settled) noexcept
    : backend_(backend),
      syncs_(syncs),
      file_(std::move(file)),
      settled_(std::move(settled)),
      step_(Step::create) {
  prepare(Step::create);
}

DurableChain::DurableChain(IoBackend& backend, SyncGroups& syncs, int fd, std::string tmp_path,
                           std::string final_path, OnSettled settled) noexcept
    : backend_(backend),
      syncs_(syncs),
      settled_(std::move(settled)),
      step_(Step::sync_file),
      file_fd_(fd),
      owns_tmp_(true) {
  file_.tmp_path = std::move(tmp_path);
  file_.final_path = std::move(final_path);
  prepare(Step::sync_file);
}

void DurableChain::prepare(Step step) noexcept {
  step_ = step;
  switch (step) {
    case Step::create:
      kind = OpKind::open;
      path = file_.tmp_path.c_str();
      flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
      mode = file_.mode;
      break;
    case Step::open_source:
      kind = OpKind::open;
      path = file_.source_path.c_str();
      flags = O_RDONLY | O_CLOEXEC;
      mode = 0;
      break;
    case Step::write:
      kind = OpKind::write;
      fd = file_fd_;
      vectors = &file_.vectors[next_vector_];
      vector_count =
          static_cast<unsigned>(std::min<std::size_t>(file_.vectors.size() - next_vector_, IOV_MAX));
      offset = written_;
      break;
    case Step::copy:
      kind = OpKind::copy;
      fd = source_fd_;
      fd2 = file_fd_;
      offset = file_.source_offset;
      offset2 = written_;
      length = k_copy_bytes;
      break;
    case Step::close_source:
      kind = OpKind::close;
      fd = std::exchange(source_fd_, -1);
      break;
    case Step::sync_file:
      kind = OpKind::fsync;
      fd = file_fd_;
      break;
    case Step::close_file:
      kind = OpKind::close;
      fd = std::exchange(file_fd_, -1);
      break;
    case Step::rename:
      kind = OpKind::rename;
      path = file_.tmp_path.c_str();
      path2 = file_.final_path.c_str();
      flags = file_.replace ? 0 : RENAME_NOREPLACE;
      break;
    case Step::link:
      kind = OpKind::link;
      path = file_.tmp_path.c_str();
      path2 = file_.final_path.c_str();
      break;
    case Step::unlink_tmp:
      kind = OpKind::unlink;
      path = file_.tmp_path.c_str();
      break;
    case Step::sync_directory:
    case Step::undo:
      break;
  }
  is_cleanup = kind == OpKind::close || kind == OpKind::unlink;
}

void DurableChain::go(Step step) noexcept {
  repeats_ = 0;
  prepare(step);
  backend_.submit(*this);
}

void DurableChain::completed(std::int64_t result) noexcept {
  if (step_ == Step::undo) {
    undo();
    return;
  }
  const bool is_interrupted = result == -EINTR || result == -EAGAIN;
  const bool may_repeat = step_ == Step::create || step_ == Step::open_source || step_ == Step::write ||
                          step_ == Step::copy || (step_ == Step::sync_file && result == -EINTR);
  if (is_interrupted && may_repeat && repeats_ < k_max_repeats) {
    ++repeats_;
    backend_.submit(*this);
    return;
  }
  advance(result);
}

void DurableChain::advance(std::int64_t result) noexcept {
  switch (step_) {
    case Step::create:
      if (result < 0) return fail(static_cast<int>(-result), "open");
      file_fd_ = static_cast<int>(result);
      owns_fd_ = owns_tmp_ = true;
      if (file_.source_path.empty()) return write_or_copy();
      return go(Step::open_source);
    case Step::open_source:
      if (result < 0) return fail(static_cast<int>(-result), "open source");
      source_fd_ = static_cast<int>(result);
      return write_or_copy();
    case Step::write:
      if (result <= 0) return fail(result < 0 ? static_cast<int>(-result) : EIO, "write");
      return written(result);
    case Step::copy:
      if (result < 0) return fail(static_cast<int>(-result), "copy");
      return copied(result);
    case Step::close_source:
      return sync_file();
    case Step::sync_file:
      if (result < 0) return fail(static_cast<int>(-result), "fsync");
      return go(owns_fd_ ? Step::close_file : Step::rename);
    case Step::close_file:
      // What close could still report was reported by fsync.
      return go(Step::rename);
    case Step::rename:
    case Step::link:
      return renamed(result);
    case Step::unlink_tmp:
      // The final name is there; a tmp name that stays is swept later like that of a crashed delivery.
      owns_tmp_ = false;
      return sync_directory();
    case Step::sync_directory:
    case Step::undo:
      break;
  }
}

void DurableChain::write_or_copy() noexcept {
  // An empty vector would make a write of nothing look like a full disk.
  while (next_vector_ < file_.vectors.size() && file_.vectors[next_vector_].iov_len == 0) ++next_vector_;
  if (next_vector_ < file_.vectors.size()) return go(Step::write);
  if (source_fd_ >= 0) return go(Step::copy);
  sync_file();
}

void DurableChain::sync_file() noexcept {
  if (file_.size != DurableFile::k_any_size && file_.size != written_) return fail(EIO, "size");
  go(Step::sync_file);
}

void DurableChain::written(std::int64_t octets) noexcept {
  written_ += static_cast<std::uint64_t>(octets);
  auto rest = static_cast<std::size_t>(octets);
  while (rest > 0) {
    iovec& vector = file_.vectors[next_vector_];
    const std::size_t used = std::min(rest, vector.iov_len);
    vector.iov_base = static_cast<char*>(vector.iov_base) + used;
    vector.iov_len -= used;
    rest -= used;
    if (vector.iov_len == 0) ++next_vector_;
  }
  write_or_copy();
}

void DurableChain::copied(std::int64_t octets) noexcept {
  if (octets == 0) return go(Step::close_source);
  written_ += static_cast<std::uint64_t>(octets);
  file_.source_offset += static_cast<std::uint64_t>(octets);
  go(Step::copy);
}

void DurableChain::renamed(std::int64_t result) noexcept {
  const bool lacks_flag = step_ == Step::rename && !file_.replace && (result == -EINVAL || result == -ENOSYS);
  if (lacks_flag) return go(Step::link);
  if (result < 0) return fail(static_cast<int>(-result), step_ == Step::link ? "link" : "rename");
  // What replaced another file cannot be taken back: the old content is gone.
  owns_final_ = !file_.replace;
  if (step_ == Step::link) return go(Step::unlink_tmp);
  owns_tmp_ = false;
  sync_directory();
}

void DurableChain::sync_directory() noexcept {
  step_ = Step::sync_directory;
  syncs_.sync_directory(directory_of(file_.final_path), [this](const IoOutcome& outcome) {
    if (outcome.error != 0) return fail(outcome.error, outcome.stage);
    settle();
  });
}

void DurableChain::fail(int error, const char* stage) noexcept {
  outcome_.error = error;
  outcome_.stage = stage;
  undo();
}

void DurableChain::undo() noexcept {
  if (source_fd_ >= 0) {
    prepare(Step::close_source);
  } else if (owns_fd_ && file_fd_ >= 0) {
    prepare(Step::close_file);
  } else if (owns_tmp_) {
    owns_tmp_ = false;
    prepare(Step::unlink_tmp);
  } else if (owns_final_) {
    owns_final_ = false;
    prepare(Step::unlink_tmp);
    path = file_.final_path.c_str();
  } else {
    return settle();
  }
  step_ = Step::undo;
  backend_.submit(*this);
}

void DurableChain::settle() noexcept {
  outcome_.value = static_cast<std::int64_t>(written_);
  const OnSettled settled = std::move(settled_);
  const IoOutcome outcome = outcome_;
  delete this;
  settled(outcome);
}

}  // namespace tegu::maildir
