// The chain step by step on a backend that fails where it is told to.
#include "maildir/durable-chain.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>

#include "maildir/sync-group.h"
#include "test/check.h"
#include "test/scratch-directory.h"
#include "test/scripted-backend.h"

namespace {

using tegu::maildir::DurableChain;
using tegu::maildir::DurableFile;
using tegu::maildir::IoOutcome;
using tegu::maildir::Op;
using tegu::maildir::OpKind;
using tegu::maildir::SyncGroups;
using tegu::test::ScratchDirectory;
using tegu::test::ScriptedBackend;

using Decide = std::function<std::optional<std::int64_t>(Op&, unsigned)>;

/** A Maildir with one chain to run in it. */
struct Delivery {
  Delivery() {
    scratch.make("tmp");
    scratch.make("new");
    file.tmp_path = scratch.at("tmp/m");
    file.final_path = scratch.at("new/m");
  }

  void add(std::string_view text) { file.vectors.push_back({const_cast<char*>(text.data()), text.size()}); }

  /** Runs the chain to its end. */
  IoOutcome run(Decide decide = {}) {
    backend.decide = std::move(decide);
    SyncGroups syncs(backend);
    IoOutcome result;
    int calls = 0;
    backend.submit(*new DurableChain(backend, syncs, file, [&](const IoOutcome& outcome) {
      result = outcome;
      ++calls;
    }));
    backend.run_all();
    CHECK_EQ(calls, 1);
    return result;
  }

  IoOutcome commit(int fd, Decide decide = {}) {
    backend.decide = std::move(decide);
    SyncGroups syncs(backend);
    IoOutcome result;
    backend.submit(*new DurableChain(backend, syncs, fd, file.tmp_path, file.final_path,
                                     [&](const IoOutcome& outcome) { result = outcome; }));
    backend.run_all();
    return result;
  }

  ScratchDirectory scratch;
  ScriptedBackend backend;
  DurableFile file;
};

/** Makes the `skip`th op of a kind end with `result`, once. */
Decide fail_once(OpKind kind, unsigned skip, std::int64_t result) {
  return [=, seen = 0U](Op& op, unsigned) mutable -> std::optional<std::int64_t> {
    if (op.kind != kind || seen++ != skip) return std::nullopt;
    return result;
  };
}

TEST("durable chain: file is synced before it has its name, the directory after") {
  Delivery delivery;
  delivery.add("hello ");
  delivery.add("");
  delivery.add("world");
  const IoOutcome outcome = delivery.run();
  CHECK_EQ(outcome.error, 0);
  CHECK_EQ(outcome.value, 11);
  CHECK_EQ(delivery.backend.log, "owfcrof");
  CHECK_EQ(delivery.scratch.read("new/m"), "hello world");
  CHECK_EQ(delivery.scratch.list("tmp"), "");
}

TEST("durable chain: empty file") {
  Delivery delivery;
  CHECK_EQ(delivery.run().error, 0);
  CHECK_EQ(delivery.backend.log, "ofcrof");
  CHECK(delivery.scratch.has("new/m"));
}

TEST("durable chain: a failure at any step leaves nothing behind and is reported as it came") {
  struct Row {
    OpKind kind;
    unsigned skip;
    const char* stage;
  };
  const Row rows[] = {
      {OpKind::open, 0, "open"},
      {OpKind::open, 1, "open source"},
      {OpKind::write, 0, "write"},
      {OpKind::copy, 0, "copy"},
      {OpKind::copy, 1, "copy"},
      {OpKind::fsync, 0, "fsync"},
      {OpKind::rename, 0, "rename"},
      {OpKind::open, 2, "open directory"},
      {OpKind::fsync, 1, "fsync directory"},
  };
  for (const int error : {ENOSPC, EDQUOT, EIO, EACCES}) {
    for (const Row& row : rows) {
      Delivery delivery;
      delivery.add("text");
      delivery.file.source_path = delivery.scratch.write("spool", "more text");
      const std::size_t descriptors = tegu::test::open_descriptors();
      const IoOutcome outcome = delivery.run(fail_once(row.kind, row.skip, -error));
      CHECK_EQ(outcome.error, error);
      CHECK_EQ(std::string(outcome.stage), row.stage);
      CHECK_EQ(delivery.scratch.list("tmp"), "");
      CHECK_EQ(delivery.scratch.list("new"), "");
      CHECK_EQ(tegu::test::open_descriptors(), descriptors);
    }
  }
}

TEST("durable chain: a failed fsync is never tried again") {
  Delivery delivery;
  delivery.add("text");
  CHECK_EQ(delivery.run(fail_once(OpKind::fsync, 0, -EIO)).error, EIO);
  CHECK_EQ(delivery.backend.log, "owfcu");
}

TEST("durable chain: short writes are continued across vectors") {
  for (std::size_t most = 1; most <= 8; ++most) {
    Delivery delivery;
    delivery.add("abc");
    delivery.add("");
    delivery.add("defgh");
    const IoOutcome outcome = delivery.run([&](Op& op, unsigned) -> std::optional<std::int64_t> {
      if (op.kind != OpKind::write) return std::nullopt;
      const std::size_t length = std::min(most, op.vectors[0].iov_len);
      return pwrite(op.fd, op.vectors[0].iov_base, length, static_cast<off_t>(op.offset));
    });
    CHECK_EQ(outcome.error, 0);
    CHECK_EQ(outcome.value, 8);
    CHECK_EQ(delivery.scratch.read("new/m"), "abcdefgh");
  }
}

TEST("durable chain: a write of nothing is an error, not a loop") {
  Delivery delivery;
  delivery.add("abc");
  CHECK_EQ(delivery.run(fail_once(OpKind::write, 0, 0)).error, EIO);
}

TEST("durable chain: interruptions are repeated, but not for ever") {
  Delivery delivery;
  delivery.add("abc");
  unsigned interruptions = 0;
  const auto interrupt_some = [&](Op& op, unsigned) -> std::optional<std::int64_t> {
    if (op.kind == OpKind::write && interruptions++ < 3) return -EINTR;
    return std::nullopt;
  };
  CHECK_EQ(delivery.run(interrupt_some).error, 0);
  CHECK_EQ(delivery.scratch.read("new/m"), "abc");
  Delivery hopeless;
  hopeless.add("abc");
  CHECK_EQ(hopeless
               .run([](Op& op, unsigned) {
                 return op.kind == OpKind::write ? std::optional<std::int64_t>(-EAGAIN) : std::nullopt;
               })
               .error,
           EAGAIN);
  CHECK_EQ(hopeless.scratch.list("tmp"), "");
}

TEST("durable chain: a tmp file of somebody else is neither used nor removed") {
  Delivery delivery;
  delivery.scratch.write("tmp/m", "other");
  delivery.add("abc");
  CHECK_EQ(delivery.run().error, EEXIST);
  CHECK_EQ(delivery.scratch.read("tmp/m"), "other");
  CHECK_EQ(delivery.scratch.list("new"), "");
}

TEST("durable chain: a message is never overwritten, with and without RENAME_NOREPLACE") {
  for (const bool lacks_flag : {false, true}) {
    Delivery delivery;
    delivery.scratch.write("new/m", "first");
    delivery.add("second");
    const IoOutcome outcome = delivery.run(lacks_flag ? fail_once(OpKind::rename, 0, -EINVAL) : Decide());
    CHECK_EQ(outcome.error, EEXIST);
    CHECK_EQ(delivery.scratch.read("new/m"), "first");
    CHECK_EQ(delivery.scratch.list("tmp"), "");
  }
}

TEST("durable chain: link and unlink stand in for a rename without overwriting") {
  for (const int error : {EINVAL, ENOSYS}) {
    Delivery delivery;
    delivery.add("abc");
    CHECK_EQ(delivery.run(fail_once(OpKind::rename, 0, -error)).error, 0);
    CHECK_EQ(delivery.backend.log, "owfcrluof");
    CHECK_EQ(delivery.scratch.read("new/m"), "abc");
    CHECK_EQ(delivery.scratch.list("tmp"), "");
  }
}

TEST("durable chain: replace replaces, and is not undone when the directory sync fails") {
  Delivery delivery;
  delivery.scratch.write("new/m", "first");
  delivery.file.replace = true;
  delivery.add("second");
  CHECK_EQ(delivery.run().error, 0);
  CHECK_EQ(delivery.scratch.read("new/m"), "second");
  Delivery failing;
  failing.scratch.write("new/m", "first");
  failing.file.replace = true;
  failing.add("second");
  CHECK_EQ(failing.run(fail_once(OpKind::fsync, 1, -EIO)).error, EIO);
  CHECK_EQ(failing.scratch.read("new/m"), "second");
}

TEST("durable chain: a source follows the buffers from its offset, in bounded pieces") {
  std::string source;
  for (int i = 0; source.size() < 3'000'000; ++i) source += std::to_string(i) + "\r\n";
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{2'999'999}, std::uint64_t{9'000'000}}) {
    Delivery delivery;
    delivery.add("Received: x\r\n");
    delivery.file.source_path = delivery.scratch.write("spool", source);
    delivery.file.source_offset = offset;
    const IoOutcome outcome = delivery.run([&](Op& op, unsigned) -> std::optional<std::int64_t> {
      CHECK(op.kind != OpKind::copy || op.length <= 1024 * 1024);
      return std::nullopt;
    });
    const std::string expected = "Received: x\r\n" + (offset < source.size() ? source.substr(offset) : "");
    CHECK_EQ(outcome.error, 0);
    CHECK_EQ(outcome.value, expected.size());
    CHECK(delivery.scratch.read("new/m") == expected);
  }
}

TEST("durable chain: a source that is shorter or longer than announced never gets a name") {
  for (const std::uint64_t size : {8U, 9U, 10U}) {
    Delivery delivery;
    delivery.file.source_path = delivery.scratch.write("spool", "spooled");
    delivery.file.size = size;
    delivery.add("P:");
    const IoOutcome outcome = delivery.run();
    CHECK_EQ(outcome.error, size == 9 ? 0 : EIO);
    CHECK_EQ(delivery.scratch.has("new/m"), size == 9);
    CHECK(!delivery.scratch.has("tmp/m"));
  }
}

TEST("durable chain: a missing source fails and cleans up") {
  Delivery delivery;
  delivery.file.source_path = delivery.scratch.at("none");
  CHECK_EQ(delivery.run().error, ENOENT);
  CHECK_EQ(delivery.scratch.list("tmp"), "");
}

TEST("durable chain: commit syncs the caller's descriptor, renames, and leaves the descriptor open") {
  Delivery delivery;
  delivery.scratch.write("tmp/m", "streamed");
  const int fd = open(delivery.file.tmp_path.c_str(), O_WRONLY);
  CHECK_EQ(delivery.commit(fd).error, 0);
  CHECK_EQ(delivery.backend.log, "frof");
  CHECK_EQ(fcntl(fd, F_GETFD) >= 0, true);
  CHECK_EQ(delivery.scratch.read("new/m"), "streamed");
  close(fd);
}

TEST("durable chain: a failed commit removes the tmp file") {
  Delivery delivery;
  delivery.scratch.write("tmp/m", "streamed");
  const int fd = open(delivery.file.tmp_path.c_str(), O_WRONLY);
  CHECK_EQ(delivery.commit(fd, fail_once(OpKind::fsync, 0, -ENOSPC)).error, ENOSPC);
  CHECK_EQ(fcntl(fd, F_GETFD) >= 0, true);
  CHECK_EQ(delivery.scratch.list("tmp") + delivery.scratch.list("new"), "");
  close(fd);
}

TEST("durable chain: cancelled at any step it cleans up and says so") {
  for (unsigned step = 0; step < 8; ++step) {
    Delivery delivery;
    delivery.add("abc");
    const IoOutcome outcome = delivery.run([&](Op&, unsigned number) -> std::optional<std::int64_t> {
      if (number == step) delivery.backend.cancel_waiting();
      return std::nullopt;
    });
    const bool is_late = step >= 6;
    CHECK_EQ(outcome.error, is_late ? 0 : ECANCELED);
    CHECK_EQ(delivery.scratch.list("tmp"), "");
    CHECK_EQ(delivery.scratch.list("new"), is_late ? "m" : "");
  }
}

}  // namespace
