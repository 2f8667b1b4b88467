// See io-threads.h.
#include "maildir/io-threads.h"

namespace tegu::maildir {

void ThreadsBackend::submit(Op& op) noexcept {
  (op.kind == OpKind::call ? readers_ : writers_).submit(op);
}

void ThreadsBackend::resize(unsigned max_writers, unsigned max_readers) noexcept {
  writers_.set_max_threads(max_writers);
  readers_.set_max_threads(max_readers);
}

void ThreadsBackend::cancel_waiting() noexcept {
  writers_.cancel_waiting();
  readers_.cancel_waiting();
}

void ThreadsBackend::stop() noexcept {
  readers_.stop();
  writers_.stop();
}

}  // namespace tegu::maildir
