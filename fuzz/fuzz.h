// Shared frame of the fuzz harnesses: one body, three ways to run it.
//
//   FUZZ_TARGET(data) { … }      data is a std::span<const std::uint8_t>; FUZZ_ASSERT states an oracle.
//
// Built with clang's -fsanitize=fuzzer it is a libFuzzer target (scripts/fuzz.ts). Built with -DTEGU_REPLAY
// by g++ it has a main that runs every file, and every file of every folder, named on the command line
// (scripts/native-tests.ts), so that harnesses never rot and old findings stay fixed. Each input is copied to
// a heap block of its exact size, so that ASan sees the first octet read past its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

/** States what must hold for every input; a violation is a finding. */
#define FUZZ_ASSERT(condition)                                                            \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: oracle failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

/** Defines the target; the block that follows is its body. */
#define FUZZ_TARGET(data)                                                              \
  static void fuzz_one(std::span<const std::uint8_t> data);                            \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) { \
    fuzz_one({input, size});                                                           \
    return 0;                                                                          \
  }                                                                                    \
  static void fuzz_one([[maybe_unused]] std::span<const std::uint8_t> data)

#ifdef TEGU_REPLAY

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size);

namespace tegu::fuzz {

/** Feeds one file to the target; false when it cannot be read. */
inline bool replay_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  const std::vector<char> octets((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[octets.size()]);
  std::copy(octets.begin(), octets.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), octets.size());
  return true;
}

}  // namespace tegu::fuzz

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::vector<fs::path> inputs;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      inputs.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) inputs.push_back(entry.path());
    }
  }
  std::sort(inputs.begin(), inputs.end());
  const bool all_read = std::all_of(inputs.begin(), inputs.end(), tegu::fuzz::replay_file);
  std::printf("%zu inputs replayed\n", inputs.size());
  return all_read && !inputs.empty() ? 0 : 1;
}

#endif  // TEGU_REPLAY
