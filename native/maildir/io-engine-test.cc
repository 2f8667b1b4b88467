// The engine on both backends: the same table of tests runs over io_uring and over threads.
#include "maildir/io-engine.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "test/check.h"
#include "test/scratch-directory.h"
#include "test/seccomp-filter.h"

namespace {

using tegu::maildir::DurableFile;
using tegu::maildir::IoChoice;
using tegu::maildir::IoEngine;
using tegu::maildir::IoKind;
using tegu::maildir::IoOptions;
using tegu::maildir::IoOutcome;
using tegu::maildir::OnSettled;
using tegu::maildir::PathAction;
using tegu::test::ScratchDirectory;

/** Counts callbacks and waits for all that were handed out. */
class Results {
 public:
  OnSettled receiver() {
    const std::lock_guard lock(mutex_);
    ++expected_;
    return [this](const IoOutcome& outcome) {
      const std::lock_guard settled(mutex_);
      outcomes_.push_back(outcome);
      changed_.notify_all();
    };
  }

  std::vector<IoOutcome> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outcomes_.size() == expected_; });
    return outcomes_;
  }

  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return outcomes_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<IoOutcome> outcomes_;
  std::size_t expected_ = 0;
};

std::unique_ptr<IoEngine> open_engine(IoChoice choice, unsigned max_in_flight = 64) {
  int error = 0;
  auto engine = IoEngine::open({.choice = choice, .max_in_flight = max_in_flight}, error);
  CHECK(engine != nullptr);
  return engine;
}

DurableFile file_in(const ScratchDirectory& scratch, const std::string& name, std::string_view text) {
  DurableFile file;
  file.tmp_path = scratch.at("tmp/" + name);
  file.final_path = scratch.at("new/" + name);
  file.vectors.push_back({const_cast<char*>(text.data()), text.size()});
  return file;
}

int deliver(IoEngine& engine, DurableFile file) {
  Results results;
  engine.deliver(std::move(file), results.receiver());
  return results.wait().at(0).error;
}

void make_maildir(const ScratchDirectory& scratch) {
  scratch.make("tmp");
  scratch.make("new");
}

/** Runs `body` with an engine on each backend. */
template <typename Body>
void on_both(Body body) {
  for (const IoChoice choice : {IoChoice::uring, IoChoice::threads}) {
    const auto engine = open_engine(choice);
    if (engine) body(*engine);
  }
}

TEST("io engine: the backend asked for is the backend in use") {
  CHECK(open_engine(IoChoice::uring)->kind() == IoKind::uring);
  CHECK(open_engine(IoChoice::threads)->kind() == IoKind::threads);
}

TEST("io engine: names of backends") {
  IoChoice choice = IoChoice::threads;
  CHECK(tegu::maildir::parse_io_choice(nullptr, choice) && choice == IoChoice::automatic);
  CHECK(tegu::maildir::parse_io_choice("", choice) && choice == IoChoice::automatic);
  CHECK(tegu::maildir::parse_io_choice("uring", choice) && choice == IoChoice::uring);
  CHECK(tegu::maildir::parse_io_choice("threads", choice) && choice == IoChoice::threads);
  CHECK(!tegu::maildir::parse_io_choice("URING", choice));
  CHECK(!tegu::maildir::parse_io_choice("aio", choice));
}

TEST("io engine: where a container forbids io_uring, threads take over unless uring was demanded") {
  for (const int forbidden : {EPERM, ENOSYS}) {
    // The filter holds for this thread and those it starts.
    std::thread([forbidden] {
      REQUIRE(tegu::test::forbid_io_uring(forbidden));
      int error = 0;
      const auto engine = IoEngine::open({}, error);
      REQUIRE(engine != nullptr);
      CHECK(engine->kind() == IoKind::threads);
      const ScratchDirectory scratch;
      make_maildir(scratch);
      CHECK_EQ(deliver(*engine, file_in(scratch, "m", "text")), 0);
      CHECK(IoEngine::open({.choice = IoChoice::uring}, error) == nullptr);
      CHECK_EQ(error, forbidden);
    }).join();
  }
}

TEST("io engine: delivers the octets with the mode asked for") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    DurableFile file = file_in(scratch, "m", "hello");
    file.source_path = scratch.write("spool", std::string(2'500'000, 'x') + "end");
    file.source_offset = 1'000'000;
    file.mode = 0640;
    Results results;
    engine.deliver(file, results.receiver());
    CHECK_EQ(results.wait().at(0).error, 0);
    CHECK_EQ(results.wait().at(0).value, 5 + 1'500'003);
    CHECK(scratch.read("new/m") == "hello" + std::string(1'500'000, 'x') + "end");
    CHECK_EQ(std::filesystem::status(scratch.at("new/m")).permissions() == std::filesystem::perms(0640),
             true);
    CHECK_EQ(scratch.list("tmp"), "");
  });
}

TEST("io engine: more vectors than one system call takes") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    std::string text;
    for (int i = 0; i < 5000; ++i) text += static_cast<char>('a' + i % 26);
    DurableFile file = file_in(scratch, "m", "");
    for (char& octet : text) file.vectors.push_back({&octet, 1});
    CHECK_EQ(deliver(engine, file), 0);
    CHECK(scratch.read("new/m") == text);
  });
}

TEST("io engine: faults have their errno and leave nothing behind") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    struct Row {
      std::string tmp;
      std::string final_path;
      int error;
    };
    scratch.write("tmp/taken", "other");
    scratch.write("new/taken", "other");
    scratch.write("plain", "");
    const Row rows[] = {
        {scratch.at("none/m"), scratch.at("new/m"), ENOENT},
        {scratch.at("tmp/m"), scratch.at("none/m"), ENOENT},
        {scratch.at("tmp/taken"), scratch.at("new/m"), EEXIST},
        {scratch.at("tmp/m"), scratch.at("new/taken"), EEXIST},
        {scratch.at("plain/m"), scratch.at("new/m"), ENOTDIR},
        {scratch.at("tmp/m"), "/proc/m", EXDEV},
        {scratch.at("tmp/" + std::string(300, 'n')), scratch.at("new/m"), ENAMETOOLONG},
    };
    for (const Row& row : rows) {
      DurableFile file = file_in(scratch, "m", "text");
      file.tmp_path = row.tmp;
      file.final_path = row.final_path;
      CHECK_EQ(deliver(engine, file), row.error);
      CHECK_EQ(scratch.list("tmp"), "taken");
      CHECK_EQ(scratch.list("new"), "taken");
    }
    CHECK_EQ(scratch.read("tmp/taken") + scratch.read("new/taken"), "otherother");
  });
}

TEST("io engine: a full and a read-only file system") {
  const ScratchDirectory scratch;
  const std::string mounted = scratch.make("mounted");
  // Own mount namespace of this thread: nothing is left mounted whatever happens.
  std::thread([&] {
    const bool is_private = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    REQUIRE(is_private && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    REQUIRE(mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=128k") == 0);
    on_both([&](IoEngine& engine) {
      std::filesystem::create_directories(mounted + "/tmp");
      std::filesystem::create_directories(mounted + "/new");
      const std::string big(300'000, 'x');
      const auto file = [&](std::string_view text) {
        DurableFile made = file_in(scratch, "m", text);
        made.tmp_path = mounted + "/tmp/m";
        made.final_path = mounted + "/new/m";
        return made;
      };
      CHECK_EQ(deliver(engine, file(big)), ENOSPC);
      DurableFile copied = file("text");
      copied.source_path = scratch.write("spool", big);
      CHECK_EQ(deliver(engine, copied), ENOSPC);
      CHECK_EQ(scratch.list("mounted/tmp") + scratch.list("mounted/new"), "");
      CHECK_EQ(deliver(engine, file("small")), 0);
      CHECK_EQ(mount("none", mounted.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
      CHECK_EQ(deliver(engine, file("small")), EROFS);
      CHECK_EQ(mount("none", mounted.c_str(), nullptr, MS_REMOUNT, nullptr), 0);
      std::filesystem::remove(mounted + "/new/m");
    });
  }).join();
}

TEST("io engine: 2,000 deliveries in flight share directory syncs and open few descriptors") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    constexpr int k_count = 2000;
    Results results;
    for (int i = 0; i < k_count; ++i)
      engine.deliver(file_in(scratch, std::to_string(i), "text"), results.receiver());
    CHECK(tegu::test::open_descriptors() < 400);
    int failed = 0;
    for (const IoOutcome& outcome : results.wait()) failed += outcome.error != 0;
    CHECK_EQ(failed, 0);
    CHECK(engine.stats().directory_syncs < k_count / 2);
    CHECK_EQ(engine.stats().submitted, k_count);
    std::size_t present = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.at("new")))
      present += entry.file_size() == 4;
    CHECK_EQ(present, k_count);
    CHECK_EQ(scratch.list("tmp"), "");
  });
}

TEST("io engine: bounds change while work waits, down to one and up again") {
  for (const IoChoice choice : {IoChoice::uring, IoChoice::threads}) {
    const auto engine = open_engine(choice, 1);
    const ScratchDirectory scratch;
    make_maildir(scratch);
    Results results;
    for (int i = 0; i < 600; ++i) {
      engine->deliver(file_in(scratch, std::to_string(i), "text"), results.receiver());
      if (i == 150) engine->resize(1024, 256);
      if (i == 300) engine->resize(1, 1);
      if (i == 450) engine->resize(8, 4);
    }
    for (const IoOutcome& outcome : results.wait()) CHECK_EQ(outcome.error, 0);
    CHECK_EQ(deliver(*engine, file_in(scratch, "last", "text")), 0);
  }
}

TEST("io engine: two deliveries of one name: exactly one wins") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    for (int round = 0; round < 50; ++round) {
      const std::string name = std::to_string(round);
      Results results;
      DurableFile second = file_in(scratch, name, "2");
      second.tmp_path += "b";
      engine.deliver(file_in(scratch, name, "1"), results.receiver());
      engine.deliver(second, results.receiver());
      const auto outcomes = results.wait();
      CHECK_EQ(outcomes[0].error + outcomes[1].error, EEXIST);
    }
    CHECK_EQ(scratch.list("tmp"), "");
  });
}

TEST("io engine: data syncs of one descriptor are shared") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    const int fd = open(scratch.at("wal").c_str(), O_RDWR | O_CREAT, 0600);
    Results results;
    for (int i = 0; i < 500; ++i) {
      CHECK_EQ(pwrite(fd, "x", 1, i), 1);
      engine.sync_data(fd, results.receiver());
    }
    for (const IoOutcome& outcome : results.wait()) CHECK_EQ(outcome.error, 0);
    CHECK(engine.stats().data_syncs >= 1);
    CHECK(engine.stats().data_syncs < 500);
    close(fd);
    engine.sync_data(fd, results.receiver());
    CHECK_EQ(results.wait().back().error, EBADF);
  });
}

TEST("io engine: batches report per item, never overwrite, and then sync") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    for (const char* name : {"a", "b", "c"}) scratch.write(std::string("new/") + name, name);
    const auto at = [&](const char* name) { return scratch.at(std::string("new/") + name); };
    const auto change = [&](PathAction action, std::vector<std::string> paths,
                            std::vector<std::string> directories) {
      std::vector<int> errors;
      IoOutcome result;
      std::mutex mutex;
      std::condition_variable changed;
      bool is_done = false;
      engine.change_paths(action, std::move(paths), std::move(directories),
                          [&](const IoOutcome& outcome, std::vector<int> each) {
                            const std::lock_guard lock(mutex);
                            result = outcome;
                            errors = std::move(each);
                            is_done = true;
                            changed.notify_all();
                          });
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return is_done; });
      errors.push_back(result.error);
      return errors;
    };
    using Errors = std::vector<int>;
    CHECK(change(PathAction::rename,
                 {at("a"), at("d"), at("b"), at("c"), at("none"), at("e"), at("d"), at("a")},
                 {scratch.at("new"), scratch.at("tmp")}) == Errors({0, EEXIST, ENOENT, 0, 0}));
    CHECK_EQ(scratch.list("new"), "a b c");
    CHECK_EQ(scratch.read("new/c"), "c");
    CHECK(change(PathAction::link, {at("a"), at("l"), at("a"), at("b")}, {}) == Errors({0, EEXIST, 0}));
    CHECK(change(PathAction::unlink, {at("l"), at("none"), scratch.at("tmp")}, {scratch.at("new")}) ==
          Errors({0, 0, EISDIR, 0}));
    CHECK(change(PathAction::unlink, {at("a")}, {scratch.at("new"), scratch.at("none")}) ==
          Errors({0, ENOENT}));
    CHECK(change(PathAction::rename, {}, {}) == Errors({0}));
    CHECK_EQ(scratch.list("new"), "b c");
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i) {
      scratch.write("tmp/" + std::to_string(i), "");
      many.push_back(scratch.at("tmp/" + std::to_string(i)));
    }
    CHECK(change(PathAction::unlink, many, {scratch.at("tmp")}) == Errors(1001, 0));
    CHECK_EQ(scratch.list("tmp"), "");
  });
}

TEST("io engine: submitting from many threads") {
  on_both([](IoEngine& engine) {
    const ScratchDirectory scratch;
    make_maildir(scratch);
    Results results;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          engine.deliver(file_in(scratch, std::to_string(t * 1000 + i), "text"), results.receiver());
          engine.sync_directory(scratch.at("new"), results.receiver());
          engine.call([] {}, results.receiver());
        }
      });
    }
    for (auto& thread : threads) thread.join();
    int failed = 0;
    for (const IoOutcome& outcome : results.wait()) failed += outcome.error != 0;
    CHECK_EQ(failed, 0);
  });
}

TEST("io engine: closing in the middle settles every request once, whole or without a trace") {
  for (const IoChoice choice : {IoChoice::uring, IoChoice::threads}) {
    for (int round = 0; round < 10; ++round) {
      const ScratchDirectory scratch;
      make_maildir(scratch);
      auto engine = open_engine(choice, 16);
      constexpr std::size_t k_count = 300;
      Results results;
      std::atomic<std::size_t> delivered{0};
      for (std::size_t i = 0; i < k_count; ++i) {
        engine->deliver(file_in(scratch, std::to_string(i), "text"),
                        [&, receive = results.receiver()](const IoOutcome& outcome) {
                          if (outcome.error == 0) ++delivered;
                          CHECK(outcome.error == 0 || outcome.error == ECANCELED);
                          receive(outcome);
                        });
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(round));
      engine->close();
      CHECK_EQ(results.count(), k_count);
      CHECK_EQ(engine->stats().in_flight, 0);
      engine->close();
      engine.reset();
      std::size_t present = 0;
      for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(scratch.at("new")))
        ++present;
      CHECK_EQ(present, delivered.load());
      CHECK_EQ(scratch.list("tmp"), "");
    }
  }
}

}  // namespace
