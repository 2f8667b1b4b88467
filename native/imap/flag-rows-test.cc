// Tests of flag-rows.h: exact text of responses, the table of flag lists under collisions, and hostile
// keyword names.
#include "imap/flag-rows.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "imap/decimal.h"
#include "test/check.h"

namespace {

using namespace tegu::imap;

std::string write_flags(FlagTexts& texts, std::uint32_t flags) {
  std::string out(texts.size(flags), '?');
  CHECK(texts.write(out.data(), flags) == out.data() + out.size());
  return out;
}

std::string write_rows(const FlagRows& rows, std::size_t from, std::size_t to, FlagTexts& texts) {
  std::string out(flag_rows_size(rows, from, to, texts), '?');
  write_flag_rows(rows, from, to, texts, out.data());
  return out;
}

TEST("flag rows: UID, FLAGS and MODSEQ as asked for") {
  const std::vector<std::string_view> keywords = {"$Forwarded", "Junk"};
  FlagTexts texts(keywords);
  const std::vector<std::uint32_t> seqs = {1, 2, 30};
  const std::vector<std::uint32_t> uids = {4, 99, 4294967295u};
  const std::vector<std::uint32_t> flags = {0, k_flag_seen | k_flag_recent, k_flag_answered | 3u << 5};
  const std::vector<double> mod_seqs = {1, 9007199254740991.0, 12345678901.0};
  FlagRows rows = {seqs, uids, flags, mod_seqs, false, false};
  CHECK_EQ(write_rows(rows, 0, 3, texts),
           "* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS (\\Seen \\Recent))\r\n"
           "* 30 FETCH (FLAGS (\\Answered $Forwarded Junk))\r\n");
  rows.with_uid = true;
  CHECK_EQ(write_rows(rows, 1, 2, texts), "* 2 FETCH (UID 99 FLAGS (\\Seen \\Recent))\r\n");
  rows.with_mod_seq = true;
  CHECK_EQ(write_rows(rows, 1, 3, texts),
           "* 2 FETCH (UID 99 FLAGS (\\Seen \\Recent) MODSEQ (9007199254740991))\r\n"
           "* 30 FETCH (UID 4294967295 FLAGS (\\Answered $Forwarded Junk) MODSEQ (12345678901))\r\n");
  rows.with_uid = false;
  CHECK_EQ(write_rows(rows, 0, 1, texts), "* 1 FETCH (FLAGS () MODSEQ (1))\r\n");
  CHECK_EQ(write_rows(rows, 2, 2, texts), "");
}

TEST("flag rows: modification sequences that are no such number are clamped, not misread") {
  FlagTexts texts({});
  const std::vector<std::uint32_t> ones = {1, 1, 1, 1};
  const std::vector<double> mod_seqs = {-5, 1e300, std::numeric_limits<double>::quiet_NaN(), 2.9};
  const FlagRows rows = {ones, ones, ones, mod_seqs, false, true};
  CHECK_EQ(write_rows(rows, 0, 4, texts),
           "* 1 FETCH (FLAGS (\\Answered) MODSEQ (0))\r\n* 1 FETCH (FLAGS (\\Answered) MODSEQ "
           "(9007199254740991))\r\n"
           "* 1 FETCH (FLAGS (\\Answered) MODSEQ (0))\r\n* 1 FETCH (FLAGS (\\Answered) MODSEQ (2))\r\n");
}

TEST("flag rows: every system flag and all 26 keywords, in a fixed order") {
  std::vector<std::string> names;
  for (int i = 0; i < 30; ++i) names.push_back("keyword" + std::to_string(i));
  const std::vector<std::string_view> keywords(names.begin(), names.end());
  FlagTexts texts(keywords);
  std::string expected = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  for (int i = 0; i < 26; ++i) expected += " keyword" + std::to_string(i);
  CHECK_EQ(write_flags(texts, 0xffffffffu), expected + " \\Recent");
  CHECK_EQ(write_flags(texts, 0xffffffffu), expected + " \\Recent");
  CHECK_EQ(write_flags(texts, 0x7fffffffu), expected);
}

TEST("flag rows: thousands of combinations give the same text when met again, in any order") {
  const std::vector<std::string_view> keywords = {"a", "b", "$Forwarded", "NonJunk", "e", "f", "g", "h"};
  FlagTexts texts(keywords);
  for (std::uint32_t round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 1u << 13; ++i) {
      const std::uint32_t flags = round == 0 ? i : ((1u << 13) - 1 - i);
      FlagTexts fresh(keywords);
      if (write_flags(texts, flags) != write_flags(fresh, flags)) CHECK_EQ(flags, 0u);
    }
  }
  CHECK_EQ(write_flags(texts, 0), "");
  CHECK_EQ(write_flags(texts, 1u << 5 | 1u << 12), "a h");
}

TEST("I06: a keyword that is not an atom, or a bit without a name, is left out of the response") {
  const std::vector<std::string_view> keywords = {"ok", "",   "a b",  "x\r\n* BYE", "\\Seen",
                                                  "a)", "a(", "a{",   "a\"",        "a]",
                                                  "a*", "a%", "\x7f", "\x80",       "end"};
  FlagTexts texts(keywords);
  CHECK_EQ(write_flags(texts, 0x7fffffe0u), "ok end");
  CHECK_EQ(write_flags(texts, 1u << 6), "");
}

TEST("decimal: the length is exact around every power of ten and of two") {
  const auto digits = [](std::uint64_t value) {
    std::string out(decimal_length(value), '?');
    CHECK(write_decimal(out.data(), value) == out.data() + out.size());
    return out;
  };
  CHECK_EQ(digits(0), "0");
  std::uint64_t power = 1;
  for (int i = 0; i < 19; ++i) {
    power *= 10;
    for (const std::uint64_t value : {power - 1, power, power + 1})
      CHECK_EQ(digits(value), std::to_string(value));
  }
  for (int bit = 0; bit < 64; ++bit) {
    const std::uint64_t value = std::uint64_t{1} << bit;
    CHECK_EQ(digits(value), std::to_string(value));
    CHECK_EQ(digits(value - 1), std::to_string(value - 1));
  }
  CHECK_EQ(digits(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

}  // namespace
