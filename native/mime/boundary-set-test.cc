// RFC 2046 5.1.1 prefixes, nesting with equal and related boundaries, and the cost of a line.
#include "mime/boundary-set.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

/** Row and kind of the match, "none", or for closing delimiters the row with "--". */
std::string find(const BoundarySet& set, std::string_view line, bool is_whole = true) {
  BoundaryMatch match;
  if (!set.find(bytes::as_bytes(line), is_whole, match)) return "none";
  return std::to_string(set.row(match.index)) + (match.is_closing ? "--" : "");
}

TEST("boundaries: a prefix of the line matches, padding and junk behind it are ignored") {
  BoundarySet set;
  set.push("abc", 1);
  CHECK_EQ(find(set, "abc"), "1");
  CHECK_EQ(find(set, "abc--"), "1--");
  CHECK_EQ(find(set, "abc \t"), "1");
  CHECK_EQ(find(set, "abcdef"), "1");
  CHECK_EQ(find(set, "abc--def"), "1--");
  CHECK_EQ(find(set, "abc-"), "1");
  CHECK_EQ(find(set, "ab"), "none");
  CHECK_EQ(find(set, "ABC"), "none");
  CHECK_EQ(find(set, ""), "none");
}

TEST("boundaries: the longest fit wins, but an exact line means the innermost") {
  BoundarySet set;
  set.push("foo", 1);
  set.push("foobar", 2);
  CHECK_EQ(find(set, "foobar"), "2");
  CHECK_EQ(find(set, "foobarx"), "2");
  CHECK_EQ(find(set, "foobax"), "1");
  CHECK_EQ(find(set, "foobar--"), "2--");
  CHECK_EQ(find(set, "foo--"), "1--");

  BoundarySet dashes;
  dashes.push("foo--", 1);
  dashes.push("foo", 2);
  CHECK_EQ(find(dashes, "foo--"), "2--");
  CHECK_EQ(find(dashes, "foo----"), "1--");
  BoundarySet other;
  other.push("foo", 1);
  other.push("foo--", 2);
  CHECK_EQ(find(other, "foo--"), "2");
  CHECK_EQ(find(other, "foo--", false), "2");
}

TEST("boundaries: an inner one of the same text hides the outer until it goes") {
  BoundarySet set;
  set.push("b", 1);
  set.push("c", 2);
  set.push("b", 3);
  CHECK_EQ(find(set, "b"), "3");
  set.shrink(2);
  CHECK_EQ(find(set, "b"), "1");
  CHECK_EQ(find(set, "c"), "2");
  set.shrink(0);
  CHECK_EQ(find(set, "b"), "none");
  CHECK(set.empty());
}

TEST("boundaries: longer than the limit are compared up to it") {
  BoundarySet set;
  const std::string text(k_max_boundary + 50, 'x');
  set.push(text, 1);
  CHECK_EQ(find(set, text), "1");
  CHECK_EQ(find(set, text.substr(0, k_max_boundary)), "1");
  CHECK_EQ(find(set, text.substr(0, k_max_boundary - 1)), "none");
  CHECK_EQ(set.lookahead(), k_max_boundary + 3);
}

TEST("boundaries: many levels come and go as a plain list would have them") {
  BoundarySet set;
  std::vector<std::string> texts;
  std::uint32_t state = 5;
  bool same = true;
  for (int round = 0; round < 3000; ++round) {
    state = state * 1664525 + 1013904223;
    if (state >> 30 == 0 && !texts.empty()) {
      const std::size_t size = (state >> 8) % texts.size();
      texts.resize(size);
      set.shrink(size);
    } else {
      texts.push_back("b" + std::to_string((state >> 10) % 40));
      set.push(texts.back(), static_cast<std::uint32_t>(texts.size() - 1));
    }
    const std::string wanted = "b" + std::to_string((state >> 20) % 40);
    BoundaryMatch match;
    const bool found = set.find(bytes::as_bytes(wanted), true, match);
    std::size_t expected = texts.size();
    while (expected > 0 && texts[expected - 1] != wanted) --expected;
    if (expected > 0) same &= found && match.index == expected - 1;
  }
  CHECK(same);
}

TEST("E01: a line costs its length, however many boundaries are open and however alike they are") {
  BoundarySet set;
  const std::string common(60, 'a');
  for (std::uint32_t i = 0; i < 500; ++i) set.push(common + std::to_string(1000 + i), i);
  const std::string line = common + "9999";
  const std::uint64_t before = set.work();
  for (int i = 0; i < 1000; ++i) CHECK_EQ(find(set, line), "none");
  CHECK((set.work() - before) / 1000 < 3 * line.size());
}

}  // namespace
}  // namespace tegu::mime
