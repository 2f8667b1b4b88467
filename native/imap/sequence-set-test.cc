// Tests of sequence-set.h: runs of numbers become ranges, and every length of a number.
#include "imap/sequence-set.h"

#include <string>
#include <vector>

#include "test/check.h"

namespace {

using namespace tegu::imap;

std::string write_set(const std::vector<std::uint32_t>& numbers) {
  std::string out(sequence_set_size(numbers), '?');
  write_sequence_set(numbers, out.data());
  return out;
}

std::string write_list(const std::vector<std::uint32_t>& numbers) {
  std::string out(number_list_size(numbers), '?');
  write_number_list(numbers, out.data());
  return out;
}

TEST("sequence set: ascending numbers are written as the fewest ranges") {
  CHECK_EQ(write_set({}), "");
  CHECK_EQ(write_set({1, 2, 3, 7, 9, 10}), "1:3,7,9:10");
  CHECK_EQ(write_set({5, 5, 6, 6}), "5:6");
  CHECK_EQ(write_set({4294967294u, 4294967295u}), "4294967294:4294967295");
  CHECK_EQ(write_set({3, 2, 1}), "3,2,1");
  CHECK_EQ(write_set({4294967295u, 0}), "4294967295,0");
}

TEST("number list: each number with a space before it, at every length") {
  CHECK_EQ(write_list({}), "");
  CHECK_EQ(write_list({0, 9, 10, 99, 100, 999, 1000, 9999, 10000, 99999, 100000}),
           " 0 9 10 99 100 999 1000 9999 10000 99999 100000");
  CHECK_EQ(write_list({999999, 1000000, 9999999, 10000000, 99999999, 100000000, 999999999, 1000000000}),
           " 999999 1000000 9999999 10000000 99999999 100000000 999999999 1000000000");
  CHECK_EQ(write_list({4294967295u}), " 4294967295");
}

}  // namespace
