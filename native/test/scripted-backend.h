// An I/O backend that runs ops on the test's own thread, when told to, and lets the test decide results:
// short writes, errors of a chosen step, interruptions. Everything not decided is really done.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "maildir/io-op.h"

namespace tegu::test {

class ScriptedBackend final : public maildir::IoBackend {
 public:
  /** Called before each op with its number (from 0); a value replaces the op's result and the op is not done.
   */
  std::function<std::optional<std::int64_t>(maildir::Op&, unsigned)> decide;
  /** One letter per op begun: o open, w write, f fsync, d fdatasync, c close, r rename, l link, u unlink, k
   * copy, * call. */
  std::string log;

  void submit(maildir::Op& op) noexcept override { queue_.push(op); }
  void resize(unsigned, unsigned) noexcept override {}
  void cancel_waiting() noexcept override { is_cancelling_ = true; }
  void stop() noexcept override {}

  /** Runs one op; false when none waits. */
  bool step() {
    maildir::Op* op = queue_.pop();
    if (op == nullptr) return false;
    if (is_cancelling_ && !op->is_cleanup) {
      op->completed(-ECANCELED);
      return true;
    }
    log += "owfdcrluk*"[static_cast<unsigned>(op->kind)];
    std::optional<std::int64_t> decided;
    if (decide) decided = decide(*op, count_);
    ++count_;
    op->completed(decided ? *decided : maildir::run_op(*op));
    return true;
  }

  void run_all() {
    while (step()) {
    }
  }

 private:
  maildir::OpQueue queue_;
  unsigned count_ = 0;
  bool is_cancelling_ = false;
};

}  // namespace tegu::test
