// Scans of real directories.
#include "maildir/directory-scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "test/check.h"
#include "test/scratch-directory.h"

namespace {

using tegu::maildir::DirectoryScan;
using tegu::maildir::scan_directory;
using tegu::test::ScratchDirectory;

std::vector<std::string> names_of(const DirectoryScan& scan) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < scan.offsets.size(); ++i) {
    names.push_back(scan.names.substr(scan.offsets[i], scan.offsets[i + 1] - scan.offsets[i]));
  }
  return names;
}

TEST("directory scan: columns, sorted by base and not by whole name") {
  const ScratchDirectory scratch;
  // ':' sorts after '-' and '0'..'9' but before letters: whole-name order would put b:2, after b0 and before
  // ba.
  for (const char* name : {"b:2,S", "b-1:2,", "b0,S=7,W=9:2,Ta", "ba", "a,S=3:2,FR"})
    scratch.write(name, "x");
  DirectoryScan scan;
  CHECK_EQ(scan_directory(scratch.path().c_str(), scan), 0);
  CHECK(names_of(scan) ==
        std::vector<std::string>({"a,S=3:2,FR", "b:2,S", "b-1:2,", "b0,S=7,W=9:2,Ta", "ba"}));
  CHECK(scan.base_lengths == std::vector<std::uint16_t>({5, 1, 3, 10, 2}));
  CHECK(scan.sizes == std::vector<double>({3, -1, -1, 7, -1}));
  CHECK(scan.virtual_sizes == std::vector<double>({-1, -1, -1, 9, -1}));
  CHECK(scan.flags == std::vector<std::uint32_t>({3, 8, 0, 36, 0}));
}

TEST("directory scan: dot files, directories and special files are left out, links to files are not") {
  const ScratchDirectory scratch;
  scratch.write("m", "");
  scratch.write(".hidden", "");
  scratch.make("folder");
  CHECK_EQ(mkfifo(scratch.at("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(scratch.at("m"), scratch.at("link"));
  std::filesystem::create_symlink(scratch.at("none"), scratch.at("dangling"));
  std::filesystem::create_symlink(scratch.at("folder"), scratch.at("folder-link"));
  DirectoryScan scan;
  CHECK_EQ(scan_directory(scratch.path().c_str(), scan), 0);
  CHECK(names_of(scan) == std::vector<std::string>({"link", "m"}));
}

TEST("directory scan: empty, missing, and not a directory") {
  const ScratchDirectory scratch;
  DirectoryScan scan;
  CHECK_EQ(scan_directory(scratch.path().c_str(), scan), 0);
  CHECK_EQ(scan.offsets.size(), 1);
  CHECK_EQ(scan.flags.size(), 0);
  DirectoryScan none;
  CHECK_EQ(scan_directory(scratch.at("none").c_str(), none), ENOENT);
  CHECK_EQ(scan_directory(scratch.write("file", "").c_str(), none), ENOTDIR);
}

TEST("directory scan: the time is that of the directory before the scan") {
  const ScratchDirectory scratch;
  scratch.write("m", "");
  struct stat info {};
  CHECK_EQ(stat(scratch.path().c_str(), &info), 0);
  DirectoryScan scan;
  CHECK_EQ(scan_directory(scratch.path().c_str(), scan), 0);
  CHECK_EQ(scan.mtime_ns, std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec);
}

TEST("directory scan: names of any octets, equal beginnings and the longest length") {
  const ScratchDirectory scratch;
  std::mt19937 random(1);
  std::vector<std::string> expected = {std::string(255, 'n'), std::string(16, 'n'), std::string(17, 'n'),
                                       std::string(15, 'n'),  std::string(8, 'n'),  std::string(7, 'n')};
  for (int i = 0; i < 500; ++i) {
    std::string name = "1700000000.M1P" + std::string(1 + random() % 20, 'a');
    for (int k = 0; k < 3; ++k) name += static_cast<char>(0x80 + random() % 0x80);
    expected.push_back(name);
  }
  std::sort(expected.begin(), expected.end());
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  for (const auto& name : expected) scratch.write(name, "");
  DirectoryScan scan;
  CHECK_EQ(scan_directory(scratch.path().c_str(), scan), 0);
  CHECK(names_of(scan) == expected);
}

}  // namespace
