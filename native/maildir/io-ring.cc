// See io-ring.h. Opcode and flag numbers are the kernel's ABI and are spelled out here, so that the file
// compiles against the headers of old distributions and still uses what the running kernel has.
#include "maildir/io-ring.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

namespace tegu::maildir {
namespace {

constexpr long k_sys_setup = 425;
constexpr long k_sys_enter = 426;
constexpr long k_sys_register = 427;

constexpr std::uint32_t k_setup_clamp = 1U << 4;
constexpr std::uint32_t k_setup_single_issuer = 1U << 12;
constexpr std::uint32_t k_setup_defer_taskrun = 1U << 13;
constexpr std::uint32_t k_feature_single_mmap = 1U << 0;
constexpr std::uint32_t k_feature_nodrop = 1U << 1;
constexpr std::uint32_t k_enter_getevents = 1U << 0;
constexpr std::uint32_t k_fsync_datasync = 1U << 0;
constexpr unsigned k_register_probe = 8;
constexpr unsigned k_register_iowq_max_workers = 19;

enum : std::uint8_t {
  k_op_writev = 2,
  k_op_fsync = 3,
  k_op_openat = 18,
  k_op_close = 19,
  k_op_read = 22,
  k_op_renameat = 35,
  k_op_unlinkat = 36,
  k_op_linkat = 39,
};
constexpr std::uint8_t k_needed[] = {k_op_writev, k_op_fsync,    k_op_openat,   k_op_close,
                                     k_op_read,   k_op_renameat, k_op_unlinkat, k_op_linkat};

struct ProbeOp {
  std::uint8_t op;
  std::uint8_t reserved;
  std::uint16_t flags;
  std::uint32_t reserved2;
};
struct Probe {
  std::uint8_t last_op;
  std::uint8_t ops_len;
  std::uint16_t reserved;
  std::uint32_t reserved2[3];
  ProbeOp ops[256];
};
constexpr std::uint16_t k_probe_supported = 1;

std::uint32_t load_acquire(std::uint32_t* word) noexcept {
  return std::atomic_ref<std::uint32_t>(*word).load(std::memory_order_acquire);
}
void store_release(std::uint32_t* word, std::uint32_t value) noexcept {
  std::atomic_ref<std::uint32_t>(*word).store(value, std::memory_order_release);
}

template <typename T>
T* at(void* base, std::size_t offset) noexcept {
  return reinterpret_cast<T*>(static_cast<char*>(base) + offset);
}

std::uint64_t address(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

void* map_shared(int fd, std::size_t bytes, std::uint64_t offset) noexcept {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, static_cast<off_t>(offset));
  return memory == MAP_FAILED ? nullptr : memory;
}

/** Fields of one op as the kernel wants them. renameat, linkat: len = new directory, off = new path, flags in
 * the union. */
void fill(io_uring_sqe& entry, const Op& op) noexcept {
  constexpr auto k_here = static_cast<std::uint32_t>(AT_FDCWD);
  entry.fd = op.fd;
  switch (op.kind) {
    case OpKind::open:
      entry.opcode = k_op_openat;
      entry.fd = AT_FDCWD;
      entry.addr = address(op.path);
      entry.len = op.mode;
      entry.rw_flags = op.flags;
      break;
    case OpKind::write:
      entry.opcode = k_op_writev;
      entry.addr = address(op.vectors);
      entry.len = op.vector_count;
      entry.off = op.offset;
      break;
    case OpKind::fsync:
      entry.opcode = k_op_fsync;
      break;
    case OpKind::fdatasync:
      entry.opcode = k_op_fsync;
      entry.fsync_flags = k_fsync_datasync;
      break;
    case OpKind::close:
      entry.opcode = k_op_close;
      break;
    case OpKind::rename:
    case OpKind::link:
      entry.opcode = op.kind == OpKind::rename ? k_op_renameat : k_op_linkat;
      entry.fd = AT_FDCWD;
      entry.addr = address(op.path);
      entry.len = k_here;
      entry.off = address(op.path2);
      entry.rw_flags = op.kind == OpKind::rename ? op.flags : 0;
      break;
    case OpKind::unlink:
      entry.opcode = k_op_unlinkat;
      entry.fd = AT_FDCWD;
      entry.addr = address(op.path);
      break;
    case OpKind::copy:
    case OpKind::call:
      break;
  }
}

}  // namespace

int IoRing::open(unsigned entries, unsigned max_workers) noexcept {
  io_uring_params parameters{};
  // One issuer and deferred completion work spare interrupts of our thread; kernels before 6.1 know less.
  parameters.flags = k_setup_clamp | k_setup_single_issuer | k_setup_defer_taskrun;
  fd_ = static_cast<int>(syscall(k_sys_setup, entries, &parameters));
  if (fd_ < 0 && errno == EINVAL) {
    std::memset(&parameters, 0, sizeof parameters);
    parameters.flags = k_setup_clamp;
    fd_ = static_cast<int>(syscall(k_sys_setup, entries, &parameters));
  }
  if (fd_ < 0) return errno;
  int error = map(&parameters);
  if (error == 0 && !((parameters.features & k_feature_nodrop) != 0 && has_needed_opcodes())) error = ENOSYS;
  if (error != 0) {
    close();
    return error;
  }
  // fsync blocks a kernel worker; with the default of 4 per core only so few files could be synced in one
  // group.
  std::uint32_t workers[2] = {max_workers, 0};
  if (syscall(k_sys_register, fd_, k_register_iowq_max_workers, workers, 2) != 0) {
    error = errno;
    close();
    return error;
  }
  return 0;
}

int IoRing::map(const void* raw) noexcept {
  const auto& parameters = *static_cast<const io_uring_params*>(raw);
  entries_ = parameters.sq_entries;
  ring_bytes_ = parameters.sq_off.array + parameters.sq_entries * sizeof(std::uint32_t);
  completion_ring_bytes_ = parameters.cq_off.cqes + parameters.cq_entries * sizeof(io_uring_cqe);
  const bool is_single = (parameters.features & k_feature_single_mmap) != 0;
  if (is_single) ring_bytes_ = std::max(ring_bytes_, completion_ring_bytes_);
  ring_ = map_shared(fd_, ring_bytes_, IORING_OFF_SQ_RING);
  if (ring_ == nullptr) return errno;
  if (is_single) {
    completion_ring_ = ring_;
    completion_ring_bytes_ = 0;
  } else {
    completion_ring_ = map_shared(fd_, completion_ring_bytes_, IORING_OFF_CQ_RING);
    if (completion_ring_ == nullptr) return errno;
  }
  entry_table_bytes_ = parameters.sq_entries * sizeof(io_uring_sqe);
  entry_table_ = static_cast<io_uring_sqe*>(map_shared(fd_, entry_table_bytes_, IORING_OFF_SQES));
  if (entry_table_ == nullptr) return errno;

  submit_head_ = at<std::uint32_t>(ring_, parameters.sq_off.head);
  submit_tail_ = at<std::uint32_t>(ring_, parameters.sq_off.tail);
  submit_array_ = at<std::uint32_t>(ring_, parameters.sq_off.array);
  submit_mask_ = *at<std::uint32_t>(ring_, parameters.sq_off.ring_mask);
  complete_head_ = at<std::uint32_t>(completion_ring_, parameters.cq_off.head);
  complete_tail_ = at<std::uint32_t>(completion_ring_, parameters.cq_off.tail);
  complete_mask_ = *at<std::uint32_t>(completion_ring_, parameters.cq_off.ring_mask);
  completions_ = at<io_uring_cqe>(completion_ring_, parameters.cq_off.cqes);
  return 0;
}

bool IoRing::has_needed_opcodes() const noexcept {
  const auto probe = std::make_unique<Probe>();
  if (syscall(k_sys_register, fd_, k_register_probe, probe.get(), 256) != 0) return false;
  return std::all_of(std::begin(k_needed), std::end(k_needed), [&](std::uint8_t op) {
    return op <= probe->last_op && (probe->ops[op].flags & k_probe_supported) != 0;
  });
}

void IoRing::close() noexcept {
  if (entry_table_ != nullptr) munmap(entry_table_, entry_table_bytes_);
  if (completion_ring_ != nullptr && completion_ring_bytes_ != 0)
    munmap(completion_ring_, completion_ring_bytes_);
  if (ring_ != nullptr) munmap(ring_, ring_bytes_);
  if (fd_ >= 0) ::close(fd_);
  entry_table_ = nullptr;
  completion_ring_ = ring_ = nullptr;
  fd_ = -1;
}

io_uring_sqe* IoRing::take_entry() noexcept {
  const std::uint32_t tail = *submit_tail_;
  if (tail - load_acquire(submit_head_) >= entries_) return nullptr;
  const std::uint32_t slot = tail & submit_mask_;
  submit_array_[slot] = slot;
  io_uring_sqe* entry = &entry_table_[slot];
  std::memset(entry, 0, sizeof *entry);
  return entry;
}

bool IoRing::push(const Op& op, std::uint64_t user) noexcept {
  io_uring_sqe* entry = take_entry();
  if (entry == nullptr) return false;
  fill(*entry, op);
  entry->user_data = user;
  store_release(submit_tail_, *submit_tail_ + 1);
  ++pushed_;
  return true;
}

bool IoRing::push_read(int fd, std::uint64_t* value, std::uint64_t user) noexcept {
  io_uring_sqe* entry = take_entry();
  if (entry == nullptr) return false;
  entry->opcode = k_op_read;
  entry->fd = fd;
  entry->addr = address(value);
  entry->len = sizeof *value;
  entry->user_data = user;
  store_release(submit_tail_, *submit_tail_ + 1);
  ++pushed_;
  return true;
}

int IoRing::submit_and_wait() noexcept {
  const long taken = syscall(k_sys_enter, fd_, pushed_, 1U, k_enter_getevents, nullptr, 0UL);
  if (taken < 0) return errno;
  pushed_ -= static_cast<std::uint32_t>(taken);
  return 0;
}

bool IoRing::pop(std::uint64_t& user, std::int64_t& result) noexcept {
  const std::uint32_t head = *complete_head_;
  if (head == load_acquire(complete_tail_)) return false;
  const io_uring_cqe& completion = completions_[head & complete_mask_];
  user = completion.user_data;
  result = completion.res;
  store_release(complete_head_, head + 1);
  return true;
}

}  // namespace tegu::maildir
