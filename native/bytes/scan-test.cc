// Every kernel against a plain loop over the same inputs: each position, each alignment, each length around
// the vector widths, and pseudo-random text dense in the octets that matter.
#include "bytes/scan.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "test/check.h"

namespace tegu::bytes {
namespace {

std::size_t plain_find_any(Bytes data, OctetSet set) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    for (const std::uint8_t octet : set.octets) {
      if (data[i] == octet) return i;
    }
  }
  return data.size();
}

std::size_t plain_find_dash_line(Bytes data, bool after_cr, LineCount& count) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] != '\n') continue;
    const std::string_view rest = as_text(data).substr(i + 1, 2);
    if (rest.find_first_not_of('-') == std::string_view::npos) return i;
    count.lf += 1;
    if (!(i == 0 ? after_cr : data[i - 1] == '\r')) count.bare_lf += 1;
  }
  return data.size();
}

std::size_t plain_count_base64(Bytes data, std::uint64_t& count) {
  constexpr std::string_view k_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] == '=') return i;
    if (k_alphabet.find(static_cast<char>(data[i])) != std::string_view::npos) count += 1;
  }
  return data.size();
}

/** Compares all operations of all kernels with the plain loops; true when all agree. */
bool all_agree(Bytes data) {
  bool same = true;
  constexpr OctetSet k_set = {{'\r', '\n', '=', 0}};
  for (const ScanKernel* kernel : scan_kernels()) {
    same &= kernel->find_any(data.data(), data.size(), k_set) == plain_find_any(data, k_set);
    std::size_t high = 0;
    while (high < data.size() && data[high] < 0x80) ++high;
    same &= kernel->find_high(data.data(), data.size()) == high;
    for (const bool after_cr : {false, true}) {
      LineCount expected;
      LineCount counted;
      const std::size_t at = plain_find_dash_line(data, after_cr, expected);
      same &= kernel->find_dash_line(data.data(), data.size(), after_cr, counted) == at;
      same &= counted.lf == expected.lf && counted.bare_lf == expected.bare_lf;
      LineCount all;
      for (std::size_t i = 0; i < data.size(); ++i) {
        if (data[i] != '\n') continue;
        all.lf += 1;
        if (!(i == 0 ? after_cr : data[i - 1] == '\r')) all.bare_lf += 1;
      }
      LineCount lines;
      kernel->count_lines(data.data(), data.size(), after_cr, lines);
      same &= lines.lf == all.lf && lines.bare_lf == all.bare_lf;
    }
    std::uint64_t expected_octets = 0;
    std::uint64_t counted_octets = 0;
    const std::size_t at = plain_count_base64(data, expected_octets);
    same &= kernel->count_base64(data.data(), data.size(), counted_octets) == at;
    same &= counted_octets == expected_octets;
  }
  return same;
}

/** A heap block of exactly these octets, so that ASan sees a read past either end. */
bool all_agree_exact(std::string_view text) {
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[text.size()]);
  std::memcpy(exact.get(), text.data(), text.size());
  return all_agree({exact.get(), text.size()});
}

TEST("scan: the portable kernel is always there and the best one is in the list") {
  CHECK_EQ(std::string_view(scan_kernels().front()->name), "portable");
  CHECK(scan_kernels().back() == &scan());
}

TEST("scan: one special octet at every position of every length") {
  bool same = true;
  for (const std::string_view needle : {"\n", "\r\n", "\n--", "\r\n--", "\n-", "\n-x", "=", "\x80", "+"}) {
    for (std::size_t size = needle.size(); size <= 100; ++size) {
      for (std::size_t at = 0; at + needle.size() <= size; ++at) {
        std::string text(size, 'a');
        text.replace(at, needle.size(), needle);
        same &= all_agree_exact(text);
      }
    }
  }
  CHECK(same);
}

TEST("scan: every octet value filling a block") {
  bool same = true;
  for (unsigned octet = 0; octet < 256; ++octet)
    same &= all_agree_exact(std::string(67, static_cast<char>(octet)));
  CHECK(same);
}

TEST("scan: pseudo-random text dense in line ends, dashes and padding, at every offset") {
  constexpr std::string_view k_dense = "\r\n\n--=+/azAZ09 @[`{\x7f\x80\xff";
  std::uint32_t state = 20261125;
  bool same = true;
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 150; ++i) {
      state = state * 1664525 + 1013904223;
      text += k_dense[(state >> 16) % k_dense.size()];
    }
    const std::vector<std::uint8_t> block(text.begin(), text.end());
    for (std::size_t offset = 0; offset < 40; ++offset) same &= all_agree(Bytes(block).subspan(offset));
  }
  CHECK(same);
}

}  // namespace
}  // namespace tegu::bytes
