// Group commit on a backend that runs one step at a time.
#include "maildir/sync-group.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "test/check.h"
#include "test/scratch-directory.h"
#include "test/scripted-backend.h"

namespace {

using tegu::maildir::IoOutcome;
using tegu::maildir::Op;
using tegu::maildir::OpKind;
using tegu::maildir::SyncGroups;
using tegu::test::ScratchDirectory;
using tegu::test::ScriptedBackend;

/** Collects outcomes in the order in which they come. */
struct Outcomes {
  std::vector<int> errors;
  auto receiver() {
    return [this](const IoOutcome& outcome) { errors.push_back(outcome.error); };
  }
};

TEST("sync group: who asks while a sync runs waits for the next one, which all of them share") {
  const ScratchDirectory scratch;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes first;
  Outcomes later;
  syncs.sync_directory(scratch.path(), first.receiver());
  backend.step();
  for (int i = 0; i < 5; ++i) syncs.sync_directory(scratch.path(), later.receiver());
  backend.step();
  CHECK_EQ(first.errors.size(), 1);
  CHECK_EQ(later.errors.size(), 0);
  CHECK_EQ(syncs.directory_syncs(), 1);
  backend.run_all();
  CHECK_EQ(later.errors.size(), 5);
  CHECK_EQ(syncs.directory_syncs(), 2);
  CHECK_EQ(backend.log, "ofof");
}

TEST("sync group: different directories do not wait for each other") {
  const ScratchDirectory a;
  const ScratchDirectory b;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  syncs.sync_directory(a.path(), outcomes.receiver());
  syncs.sync_directory(b.path(), outcomes.receiver());
  backend.run_all();
  CHECK_EQ(outcomes.errors.size(), 2);
  CHECK_EQ(backend.log, "ooff");
}

TEST("sync group: a failing directory sync fails everybody who shared it, and only them") {
  const ScratchDirectory scratch;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  bool is_first = true;
  backend.decide = [&](Op& op, unsigned) -> std::optional<std::int64_t> {
    if (op.kind != OpKind::fsync || !std::exchange(is_first, false)) return std::nullopt;
    return -EIO;
  };
  syncs.sync_directory(scratch.path(), outcomes.receiver());
  backend.step();
  syncs.sync_directory(scratch.path(), outcomes.receiver());
  backend.run_all();
  CHECK(outcomes.errors == std::vector<int>({EIO, 0}));
}

TEST("sync group: a missing directory, and a path that is none") {
  const ScratchDirectory scratch;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  syncs.sync_directory(scratch.at("none"), outcomes.receiver());
  backend.run_all();
  syncs.sync_directory(scratch.write("file", ""), outcomes.receiver());
  backend.run_all();
  CHECK(outcomes.errors == std::vector<int>({ENOENT, ENOTDIR}));
}

TEST("sync group: a directory renamed between two syncs is found by its path each time") {
  const ScratchDirectory scratch;
  scratch.make("box");
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  syncs.sync_directory(scratch.at("box"), outcomes.receiver());
  backend.run_all();
  std::filesystem::rename(scratch.at("box"), scratch.at("moved"));
  syncs.sync_directory(scratch.at("box"), outcomes.receiver());
  backend.run_all();
  CHECK(outcomes.errors == std::vector<int>({0, ENOENT}));
}

TEST("sync group: after a failed fdatasync the file never syncs again, by no descriptor, and others do") {
  const ScratchDirectory scratch;
  const int fd = open(scratch.at("wal").c_str(), O_RDWR | O_CREAT, 0600);
  const int same = open(scratch.at("wal").c_str(), O_RDWR);
  const int other = open(scratch.at("other").c_str(), O_RDWR | O_CREAT, 0600);
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  bool is_first = true;
  backend.decide = [&](Op&, unsigned) {
    return std::exchange(is_first, false) ? std::optional<std::int64_t>(-EIO) : std::nullopt;
  };
  for (const int each : {fd, fd, same, other}) {
    syncs.sync_data(each, outcomes.receiver());
    backend.run_all();
  }
  CHECK(outcomes.errors == std::vector<int>({EIO, EIO, EIO, 0}));
  close(fd);
  close(same);
  close(other);
}

TEST(
    "sync group: a file whose content was given up syncs again once its failure is forgotten, others do "
    "not") {
  const ScratchDirectory scratch;
  const int fd = open(scratch.at("wal").c_str(), O_RDWR | O_CREAT, 0600);
  const int same = open(scratch.at("wal").c_str(), O_RDWR);
  const int other = open(scratch.at("other").c_str(), O_RDWR | O_CREAT, 0600);
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  unsigned failures = 2;
  backend.decide = [&](Op&, unsigned) {
    return failures > 0 && failures-- > 0 ? std::optional<std::int64_t>(-EIO) : std::nullopt;
  };
  const auto sync = [&](int each) {
    syncs.sync_data(each, outcomes.receiver());
    backend.run_all();
  };
  sync(fd);
  sync(other);
  syncs.forget_failure(same);
  sync(fd);
  sync(other);
  CHECK(outcomes.errors == std::vector<int>({EIO, EIO, 0, EIO}));
  close(fd);
  close(same);
  close(other);
}

TEST("sync group: the wrong descriptor is an error without consequences") {
  const ScratchDirectory scratch;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  const int fd = open(scratch.at("wal").c_str(), O_RDWR | O_CREAT, 0600);
  close(fd);
  syncs.sync_data(fd, outcomes.receiver());
  backend.run_all();
  CHECK_EQ(open(scratch.at("wal").c_str(), O_RDWR), fd);
  syncs.sync_data(fd, outcomes.receiver());
  backend.run_all();
  CHECK(outcomes.errors == std::vector<int>({EBADF, 0}));
  close(fd);
}

TEST("sync group: an interrupted sync is repeated, but not for ever") {
  const ScratchDirectory scratch;
  ScriptedBackend backend;
  SyncGroups syncs(backend);
  Outcomes outcomes;
  unsigned left = 2;
  backend.decide = [&](Op&, unsigned) {
    return left > 0 && left-- > 0 ? std::optional<std::int64_t>(-EINTR) : std::nullopt;
  };
  syncs.sync_directory(scratch.path(), outcomes.receiver());
  backend.run_all();
  left = 1000;
  syncs.sync_directory(scratch.path(), outcomes.receiver());
  backend.run_all();
  CHECK(outcomes.errors == std::vector<int>({0, EINTR}));
}

}  // namespace
