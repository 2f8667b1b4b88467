// A directory for one test, removed at its end, with the few file helpers that tests of file code need.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tegu::test {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "tegu-test-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }

  /** Makes a sub-directory and returns its path. */
  std::string make(std::string_view name) const {
    std::filesystem::create_directories(at(name));
    return at(name);
  }

  std::string write(std::string_view name, std::string_view octets) const {
    std::ofstream(at(name), std::ios::binary) << octets;
    return at(name);
  }

  [[nodiscard]] bool has(std::string_view name) const { return std::filesystem::exists(at(name)); }

  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream in(at(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  /** Sorted names in a sub-directory, joined with spaces. */
  [[nodiscard]] std::string list(std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(at(name)))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    std::string joined;
    for (const auto& one : names) joined += joined.empty() ? one : " " + one;
    return joined;
  }

 private:
  std::string path_;
};

/** Descriptors this process has open. */
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

}  // namespace tegu::test
