// See io-engine.h.
#include "maildir/io-engine.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "maildir/io-threads.h"
#include "maildir/io-uring.h"

namespace tegu::maildir {
namespace {

/** One function run on a worker thread. */
class CallOp final : public Op {
 public:
  CallOp(std::function<void()> work, OnSettled done) noexcept
      : work_(std::move(work)), done_(std::move(done)) {
    kind = OpKind::call;
  }

  std::int64_t call() noexcept override {
    work_();
    return 0;
  }

  void completed(std::int64_t result) noexcept override {
    const OnSettled done = std::move(done_);
    delete this;
    done({.error = static_cast<int>(-result), .stage = "call"});
  }

 private:
  ~CallOp() override = default;

  std::function<void()> work_;
  OnSettled done_;
};

std::unique_ptr<IoBackend> open_uring(const IoOptions& options, int& error) noexcept {
  auto backend = std::make_unique<UringBackend>(options.max_readers);
  error = backend->start();
  if (error != 0) return nullptr;
  return backend;
}

std::unique_ptr<IoBackend> open_threads(const IoOptions& options, int& error) noexcept {
  auto backend = std::make_unique<ThreadsBackend>(options.max_in_flight, options.max_readers);
  error = backend->start() ? 0 : EAGAIN;
  if (error != 0) return nullptr;
  return backend;
}

}  // namespace

bool parse_io_choice(const char* text, IoChoice& choice) noexcept {
  choice = IoChoice::automatic;
  if (text == nullptr || *text == '\0') return true;
  if (std::strcmp(text, "uring") == 0) {
    choice = IoChoice::uring;
    return true;
  }
  choice = IoChoice::threads;
  return std::strcmp(text, "threads") == 0;
}

std::unique_ptr<IoEngine> IoEngine::open(const IoOptions& options, int& error) noexcept {
  std::unique_ptr<IoBackend> backend;
  IoKind kind = IoKind::uring;
  if (options.choice != IoChoice::threads) backend = open_uring(options, error);
  if (!backend && options.choice != IoChoice::uring) {
    kind = IoKind::threads;
    backend = open_threads(options, error);
  }
  if (!backend) return nullptr;
  return std::unique_ptr<IoEngine>(new IoEngine(kind, std::move(backend), options.max_in_flight));
}

IoEngine::IoEngine(IoKind kind, std::unique_ptr<IoBackend> backend, unsigned max_in_flight) noexcept
    : kind_(kind), backend_(std::move(backend)), syncs_(*backend_), max_in_flight_(max_in_flight) {}

IoEngine::~IoEngine() {
  close();
}

void IoEngine::begin() noexcept {
  const std::lock_guard lock(mutex_);
  ++in_flight_;
  ++submitted_;
}

/** Starts a bounded request whose first step is filled in, or lets it wait for its turn. */
void IoEngine::start_or_queue(Op& first_step) noexcept {
  {
    const std::lock_guard lock(mutex_);
    ++in_flight_;
    ++submitted_;
    if (running_ >= max_in_flight_) return queue_.push(first_step);
    ++running_;
  }
  backend_->submit(first_step);
}

/** Accounts for the end of a request, after its callback ran; a bounded one makes room for the next. */
void IoEngine::finish(bool is_bounded) noexcept {
  Op* following = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (is_bounded) {
      --running_;
      if (running_ < max_in_flight_) following = queue_.pop();
      if (following != nullptr) ++running_;
    }
    // Under the lock: close() returns once this is 0, and the engine may then be gone.
    if (--in_flight_ == 0) is_idle_.notify_all();
  }
  if (following != nullptr) backend_->submit(*following);
}

void IoEngine::deliver(DurableFile file, OnSettled settled) {
  auto* chain = new DurableChain(*backend_, syncs_, std::move(file),
                                 [this, settled = std::move(settled)](const IoOutcome& outcome) {
                                   settled(outcome);
                                   finish(true);
                                 });
  start_or_queue(*chain);
}

void IoEngine::commit(int fd, std::string tmp_path, std::string final_path, OnSettled settled) {
  auto* chain = new DurableChain(*backend_, syncs_, fd, std::move(tmp_path), std::move(final_path),
                                 [this, settled = std::move(settled)](const IoOutcome& outcome) {
                                   settled(outcome);
                                   finish(true);
                                 });
  start_or_queue(*chain);
}

void IoEngine::sync_directory(std::string path, OnSettled settled) {
  begin();
  syncs_.sync_directory(std::move(path), [this, settled = std::move(settled)](const IoOutcome& outcome) {
    settled(outcome);
    finish(false);
  });
}

void IoEngine::sync_data(int fd, OnSettled settled) {
  begin();
  syncs_.sync_data(fd, [this, settled = std::move(settled)](const IoOutcome& outcome) {
    settled(outcome);
    finish(false);
  });
}

void IoEngine::change_paths(PathAction action, std::vector<std::string> paths,
                            std::vector<std::string> directories, OnBatchSettled settled) {
  begin();
  auto* batch =
      new PathBatch(*backend_, syncs_, action, std::move(paths), std::move(directories),
                    [this, settled = std::move(settled)](const IoOutcome& outcome, std::vector<int> errors) {
                      settled(outcome, std::move(errors));
                      finish(false);
                    });
  backend_->submit(*batch);
}

void IoEngine::call(std::function<void()> work, OnSettled done) {
  begin();
  auto* op = new CallOp(std::move(work), [this, done = std::move(done)](const IoOutcome& outcome) {
    done(outcome);
    finish(false);
  });
  backend_->submit(*op);
}

void IoEngine::resize(unsigned max_in_flight, unsigned max_readers) noexcept {
  backend_->resize(max_in_flight, max_readers);
  OpQueue startable;
  {
    const std::lock_guard lock(mutex_);
    max_in_flight_ = max_in_flight;
    while (running_ < max_in_flight_ && !queue_.empty()) {
      startable.push(*queue_.pop());
      ++running_;
    }
  }
  while (!startable.empty()) backend_->submit(*startable.pop());
}

IoStats IoEngine::stats() const noexcept {
  const std::lock_guard lock(mutex_);
  return {.in_flight = in_flight_,
          .submitted = submitted_,
          .directory_syncs = syncs_.directory_syncs(),
          .data_syncs = syncs_.data_syncs()};
}

void IoEngine::close() noexcept {
  backend_->cancel_waiting();
  {
    // What waits for its turn is started by those that finish, and cancelled by the backend at its first
    // step.
    std::unique_lock lock(mutex_);
    is_idle_.wait(lock, [this] { return in_flight_ == 0; });
  }
  backend_->stop();
}

}  // namespace tegu::maildir
