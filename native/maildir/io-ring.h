// Thin wrapper over the three io_uring system calls and the two rings shared with the kernel. No liburing.
//
// Used by one thread only. The opcodes that the engine needs are probed at open: a kernel that lacks one
// (before 5.15), or a container that forbids io_uring, makes open() fail with the errno. Entries are written
// straight into the submission ring; completions are read straight from the completion ring, which is never
// smaller than what may be in flight.
#pragma once

#include <cstddef>
#include <cstdint>

#include "maildir/io-op.h"

struct io_uring_sqe;
struct io_uring_cqe;

namespace tegu::maildir {

class IoRing {
 public:
  IoRing() = default;
  ~IoRing() { close(); }
  IoRing(const IoRing&) = delete;
  IoRing& operator=(const IoRing&) = delete;

  /** Sets up rings of at least `entries`; `max_workers` blocking kernel workers. 0 or an errno. */
  [[nodiscard]] int open(unsigned entries, unsigned max_workers) noexcept;
  void close() noexcept;

  /** Queues one op (not `copy` or `call`); false when the submission ring is full. `user` comes back with the
   * result. */
  [[nodiscard]] bool push(const Op& op, std::uint64_t user) noexcept;
  /** Queues a read of 8 octets from `fd` (an eventfd) into `value`. */
  [[nodiscard]] bool push_read(int fd, std::uint64_t* value, std::uint64_t user) noexcept;
  /** Hands what was pushed to the kernel and waits for at least one completion. 0 or an errno. */
  [[nodiscard]] int submit_and_wait() noexcept;
  /** Next completion; false when there is none now. */
  [[nodiscard]] bool pop(std::uint64_t& user, std::int64_t& result) noexcept;

  /** Entries of the submission ring. */
  [[nodiscard]] unsigned capacity() const noexcept { return entries_; }

 private:
  [[nodiscard]] int map(const void* parameters) noexcept;
  [[nodiscard]] bool has_needed_opcodes() const noexcept;
  [[nodiscard]] io_uring_sqe* take_entry() noexcept;

  int fd_ = -1;
  unsigned entries_ = 0;
  void* ring_ = nullptr;
  std::size_t ring_bytes_ = 0;
  void* completion_ring_ = nullptr;
  std::size_t completion_ring_bytes_ = 0;
  io_uring_sqe* entry_table_ = nullptr;
  std::size_t entry_table_bytes_ = 0;

  std::uint32_t* submit_head_ = nullptr;
  std::uint32_t* submit_tail_ = nullptr;
  std::uint32_t* submit_array_ = nullptr;
  std::uint32_t submit_mask_ = 0;
  std::uint32_t pushed_ = 0;
  std::uint32_t* complete_head_ = nullptr;
  std::uint32_t* complete_tail_ = nullptr;
  std::uint32_t complete_mask_ = 0;
  io_uring_cqe* completions_ = nullptr;
};

}  // namespace tegu::maildir
