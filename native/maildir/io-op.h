// One primitive file operation, the unit that both I/O backends execute, and the interface they share.
//
// A state machine (durable-chain, sync-group, path-batch) is itself an Op: it fills in the fields, submits
// itself, and is told the result in `completed`, on a backend thread, where it may fill in and submit its
// next step. It has at most one step under way, owns the memory its step points to, and must stay alive until
// `completed` has been called. Results are as the kernel gives them: >= 0, or a negative errno. No step is
// ever repeated by a backend.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace tegu::maildir {

enum class OpKind : std::uint8_t {
  open,       // path, flags, mode -> descriptor
  write,      // fd, vectors, vector_count, offset -> octets
  fsync,      // fd
  fdatasync,  // fd
  close,      // fd
  rename,     // path, path2, flags as of renameat2
  link,       // path, path2
  unlink,     // path
  copy,       // fd (from), offset, fd2 (to), offset2, length -> octets, 0 at the end of the source
  call,       // runs `call()` on a worker thread -> what it returns
};

class Op {
 public:
  Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  /** Called exactly once per submit, on a backend thread, never inside submit. May delete this. */
  virtual void completed(std::int64_t result) noexcept = 0;
  /** Body of OpKind::call; blocking is allowed. */
  virtual std::int64_t call() noexcept { return 0; }

  OpKind kind = OpKind::call;
  /** Undoes or closes something: runs even while the engine is closing. */
  bool is_cleanup = false;
  /** Others wait for this one: goes before what is queued. */
  bool is_urgent = false;
  int fd = -1;
  int fd2 = -1;
  int flags = 0;
  mode_t mode = 0;
  const char* path = nullptr;
  const char* path2 = nullptr;
  const iovec* vectors = nullptr;
  unsigned vector_count = 0;
  std::uint64_t offset = 0;
  std::uint64_t offset2 = 0;
  std::size_t length = 0;
  /** Link of the queue that the op waits in; owned by the backend while submitted. */
  Op* next = nullptr;

 protected:
  virtual ~Op() = default;
};

/** First-in first-out list of ops through their own links; not synchronised. */
class OpQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

  void push(Op& op) noexcept {
    op.next = nullptr;
    if (first_ == nullptr) {
      first_ = &op;
    } else {
      last_->next = &op;
    }
    last_ = &op;
  }

  /** The oldest op, or nullptr. */
  [[nodiscard]] Op* pop() noexcept {
    Op* op = first_;
    if (op != nullptr) first_ = op->next;
    return op;
  }

  /** Appends everything of `other`, which becomes empty. */
  void append(OpQueue& other) noexcept {
    if (other.empty()) return;
    if (first_ == nullptr) {
      first_ = other.first_;
    } else {
      last_->next = other.first_;
    }
    last_ = other.last_;
    other.first_ = nullptr;
  }

 private:
  Op* first_ = nullptr;
  Op* last_ = nullptr;
};

/** Executes ops. Everything above it is the same for both implementations. */
class IoBackend {
 public:
  virtual ~IoBackend() = default;

  /** Hands over one step; callable from any thread, never blocks on I/O. */
  virtual void submit(Op& op) noexcept = 0;
  /** Changes how many durable steps and how many reads may block at a time. */
  virtual void resize(unsigned max_writers, unsigned max_readers) noexcept = 0;
  /** From now on steps that have not begun end with ECANCELED, except clean-up. Does not wait. */
  virtual void cancel_waiting() noexcept = 0;
  /** Ends the threads. Nothing may be submitted or under way any more. */
  virtual void stop() noexcept = 0;
};

/** Executes one op with plain system calls, blocking. Kinds other than `call` never wait for anything but the
 * file system. */
[[nodiscard]] std::int64_t run_op(Op& op) noexcept;

}  // namespace tegu::maildir
