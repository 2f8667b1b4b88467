// Runs every TEST of the program; an argument restricts the run to tests whose name contains it. Exit code 1
// when a check failed or no test was run (a test program that tests nothing is a defect).
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "test/check.h"

namespace {

struct Totals {
  std::uint64_t tests = 0;
  std::uint64_t checks = 0;
  std::uint64_t failures = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using tegu::test::check_count;
  using tegu::test::failure_count;
  const char* filter = argc > 1 ? argv[1] : "";
  std::map<std::string, Totals> per_file;
  for (const auto& test : tegu::test::cases()) {
    if (std::strstr(test.name, filter) == nullptr) continue;
    const std::uint64_t checks_before = check_count;
    const std::uint64_t failures_before = failure_count;
    test.body();
    Totals& totals = per_file[test.file];
    totals.tests += 1;
    totals.checks += check_count - checks_before;
    totals.failures += failure_count - failures_before;
    if (failure_count != failures_before) std::fprintf(stderr, "not ok: %s\n", test.name);
    if (check_count == checks_before) {
      std::fprintf(stderr, "not ok: %s: checks nothing\n", test.name);
      totals.failures += 1;
      failure_count += 1;
    }
  }
  for (const auto& [file, totals] : per_file) {
    std::printf("%s: %" PRIu64 " tests, %" PRIu64 " checks, %" PRIu64 " failed\n", file.c_str(), totals.tests,
                totals.checks, totals.failures);
  }
  return failure_count == 0 && !per_file.empty() ? 0 : 1;
}
