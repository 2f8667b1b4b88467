// Tests of sequence-set.h: the grammar as a table, bounds at and past the limit, and writing as the inverse
// of reading.
#include "imap/sequence-set.h"

#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "test/check.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::as_bytes;

/** "from-to" of each range, separated by spaces; `*` for k_star. */
std::string show_ranges(std::string_view text) {
  std::vector<SequenceRange> ranges(64);
  const SequenceSetResult result = parse_sequence_set(as_bytes(text), ranges);
  if (result.status != SequenceSetStatus::ok) return "error at " + std::to_string(result.error_at);
  std::string shown;
  const auto number = [](std::uint32_t n) { return n == k_star ? "*" : std::to_string(n); };
  for (std::size_t i = 0; i < result.count; ++i) {
    shown += (i > 0 ? " " : "") + number(ranges[i].from) + "-" + number(ranges[i].to);
  }
  return shown;
}

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

TEST("sequence set: numbers, ranges in either order and the star") {
  CHECK_EQ(show_ranges("1"), "1-1");
  CHECK_EQ(show_ranges("1,3:5,4294967295"), "1-1 3-5 4294967295-4294967295");
  CHECK_EQ(show_ranges("4:2"), "2-4");
  CHECK_EQ(show_ranges("*"), "*-*");
  CHECK_EQ(show_ranges("*:*"), "*-*");
  CHECK_EQ(show_ranges("5:*"), "5-*");
  CHECK_EQ(show_ranges("*:5"), "5-*");
  CHECK_EQ(show_ranges("7,7,6"), "7-7 7-7 6-6");
}

TEST("sequence set: what the grammar does not know is refused where it stands") {
  CHECK_EQ(show_ranges(""), "error at 0");
  CHECK_EQ(show_ranges("0"), "error at 0");
  CHECK_EQ(show_ranges("01"), "error at 0");
  CHECK_EQ(show_ranges("1:"), "error at 2");
  CHECK_EQ(show_ranges("1:0"), "error at 2");
  CHECK_EQ(show_ranges("1,"), "error at 2");
  CHECK_EQ(show_ranges(",1"), "error at 0");
  CHECK_EQ(show_ranges("1,,2"), "error at 2");
  CHECK_EQ(show_ranges("1:2:3"), "error at 3");
  CHECK_EQ(show_ranges("1 2"), "error at 1");
  CHECK_EQ(show_ranges("-1"), "error at 0");
  CHECK_EQ(show_ranges("$"), "error at 0");
  CHECK_EQ(show_ranges("**"), "error at 1");
  CHECK_EQ(show_ranges("*1"), "error at 1");
  CHECK_EQ(show_ranges("4294967296"), "error at 9");
  CHECK_EQ(show_ranges("99999999999999999999999999"), "error at 9");
}

TEST("sequence set: as many ranges as there is room for, and one more is told apart from bad syntax") {
  std::vector<SequenceRange> ranges(3);
  CHECK_EQ(parse_sequence_set(as_bytes("1,2,3"), ranges).status, SequenceSetStatus::ok);
  const SequenceSetResult refused = parse_sequence_set(as_bytes("1,2,3,4:9"), ranges);
  CHECK_EQ(refused.status, SequenceSetStatus::too_many);
  CHECK_EQ(refused.error_at, 6);
  CHECK_EQ(refused.count, 3);
  CHECK_EQ(parse_sequence_set(as_bytes("1"), {}).status, SequenceSetStatus::too_many);
}

TEST("sequence set: ascending numbers are written as the fewest ranges") {
  CHECK_EQ(write_set({}), "");
  CHECK_EQ(write_set({1, 2, 3, 7, 9, 10}), "1:3,7,9:10");
  CHECK_EQ(write_set({5, 5, 6, 6}), "5:6");
  CHECK_EQ(write_set({4294967294u, 4294967295u}), "4294967294:4294967295");
  CHECK_EQ(write_set({3, 2, 1}), "3,2,1");
  CHECK_EQ(write_set({4294967295u, 0}), "4294967295,0");
}

TEST("sequence set: written and read back it is the same set") {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t n = 1; n < 4000; ++n) {
    if (n * 2654435761u >> 30 != 0) numbers.push_back(n);
  }
  std::vector<SequenceRange> ranges(numbers.size());
  const std::string text = write_set(numbers);
  const SequenceSetResult result = parse_sequence_set(as_bytes(text), ranges);
  REQUIRE(result.status == SequenceSetStatus::ok);
  std::vector<std::uint32_t> again;
  for (std::size_t i = 0; i < result.count; ++i) {
    for (std::uint32_t n = ranges[i].from; n <= ranges[i].to; ++n) again.push_back(n);
  }
  CHECK(again == numbers);
  CHECK(result.count > 500 && result.count < numbers.size());
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
