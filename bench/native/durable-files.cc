// Files made durable per second: 16 plain threads doing create + write + fsync + rename + fsync(directory),
// against the engine with 100 deliveries in flight on either backend. All sides interleaved in one run,
// several rounds, the best of each shown.
//
// Usage: durable-files <folder on the disk to measure> [files per round] [octets per file] [directories] [in
// flight] [rounds]
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "maildir/io-engine.h"

namespace {

using tegu::maildir::DurableFile;
using tegu::maildir::IoChoice;
using tegu::maildir::IoEngine;
using tegu::maildir::IoOptions;
using tegu::maildir::IoOutcome;

struct Load {
  std::string folder;
  unsigned files = 2000;
  std::size_t octets = 8192;
  unsigned directories = 16;
  unsigned in_flight = 100;
  std::string body;
};

std::string box(const Load& load, unsigned number) {
  return load.folder + "/box" + std::to_string(number % load.directories);
}

void make_boxes(const Load& load) {
  for (unsigned i = 0; i < load.directories; ++i) {
    for (const char* part : {"/tmp", "/new"}) std::filesystem::create_directories(box(load, i) + part);
  }
}

void require(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

void deliver_plainly(const Load& load, unsigned number) {
  const std::string tmp = box(load, number) + "/tmp/" + std::to_string(number);
  const std::string final_path = box(load, number) + "/new/" + std::to_string(number);
  const int fd = open(tmp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  require(fd >= 0, "open");
  require(write(fd, load.body.data(), load.body.size()) == static_cast<ssize_t>(load.body.size()), "write");
  require(fsync(fd) == 0, "fsync");
  close(fd);
  require(rename(tmp.c_str(), final_path.c_str()) == 0, "rename");
  const int directory = open((box(load, number) + "/new").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(directory >= 0 && fsync(directory) == 0, "fsync directory");
  close(directory);
}

double with_plain_threads(const Load& load, unsigned count) {
  const auto started = std::chrono::steady_clock::now();
  std::atomic<unsigned> next{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < count; ++t) {
    threads.emplace_back([&] {
      for (unsigned i = next++; i < load.files; i = next++) deliver_plainly(load, i);
    });
  }
  for (auto& thread : threads) thread.join();
  return load.files / std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

double with_engine(const Load& load, IoChoice choice, unsigned max_in_flight) {
  int error = 0;
  const auto engine = IoEngine::open({.choice = choice, .max_in_flight = max_in_flight}, error);
  if (!engine) return 0;
  std::mutex mutex;
  std::condition_variable changed;
  unsigned in_flight = 0;
  const auto started = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < load.files; ++i) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return in_flight < load.in_flight; });
    ++in_flight;
    lock.unlock();
    DurableFile file;
    file.tmp_path = box(load, i) + "/tmp/" + std::to_string(i);
    file.final_path = box(load, i) + "/new/" + std::to_string(i);
    file.vectors.push_back({const_cast<char*>(load.body.data()), load.body.size()});
    engine->deliver(std::move(file), [&](const IoOutcome& outcome) {
      require(outcome.error == 0, outcome.stage);
      const std::lock_guard settled(mutex);
      --in_flight;
      changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return in_flight == 0; });
  return load.files / std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: durable-files <folder> [files] [octets] [directories] [in flight] [rounds]\n");
    return 2;
  }
  Load load;
  load.folder = std::string(argv[1]) + "/durable-files." + std::to_string(getpid());
  const auto number = [&](int index, unsigned otherwise) {
    return argc > index ? static_cast<unsigned>(std::strtoul(argv[index], nullptr, 10)) : otherwise;
  };
  load.files = number(2, load.files);
  load.octets = number(3, 8192);
  load.directories = number(4, load.directories);
  load.in_flight = number(5, load.in_flight);
  const unsigned rounds = number(6, 3);
  load.body.assign(load.octets, 'x');

  const unsigned limit = IoOptions().max_in_flight;
  struct Side {
    const char* name;
    double (*run)(const Load&, unsigned);
    unsigned argument;
    std::vector<double> rates{};
  };
  Side sides[] = {
      {"16 plain threads", with_plain_threads, 16},
      {"engine, threads", [](const Load& l, unsigned n) { return with_engine(l, IoChoice::threads, n); },
       limit},
      {"engine, uring", [](const Load& l, unsigned n) { return with_engine(l, IoChoice::uring, n); }, limit},
  };
  for (unsigned round = 0; round < rounds; ++round) {
    for (Side& side : sides) {
      make_boxes(load);
      side.rates.push_back(side.run(load, side.argument));
      std::filesystem::remove_all(load.folder);
      sync();
    }
  }
  for (const Side& side : sides) {
    std::printf("%s:", side.name);
    for (const double rate : side.rates) std::printf(" %.0f", rate);
    std::printf("\n");
  }
  return 0;
}
