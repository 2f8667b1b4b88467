// Octets a second of the SMTP content scanner, beside memcpy and beside a plain state machine an octet at a
// time, all interleaved in one run over the same content; rows a microsecond of FETCH FLAGS assembly. Best of
// several rounds.
//
// Usage: content-scan [octets a chunk] [rounds]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bytes/view.h"
#include "imap/flag-rows.h"
#include "smtp/data-scanner.h"

namespace {

using tegu::bytes::Bytes;
using tegu::smtp::BareLineEnd;

constexpr std::size_t k_content_octets = 8u << 20;
constexpr std::size_t k_rows = 100'000;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename Body>
double time_of(Body body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return seconds_since(start);
}

/** Lines of `width` octets; every `dotted`-th begins with a stuffed dot (0: none). */
std::string make_content(std::size_t width, std::size_t dotted) {
  std::string text = "Received: from a\r\nSubject: b\r\n\r\n";
  for (std::size_t line = 1; text.size() < k_content_octets; ++line) {
    const bool is_dotted = dotted != 0 && line % dotted == 0;
    text += (is_dotted ? ".." : "") + std::string(width, static_cast<char>('a' + line % 26)) + "\r\n";
  }
  return text;
}

std::size_t scan(Bytes content, std::size_t chunk_size, BareLineEnd mode) {
  tegu::smtp::DataScanner scanner(mode, true);
  std::size_t output = 0;
  for (std::size_t at = 0; at < content.size(); at += chunk_size) {
    tegu::smtp::DataChunk chunk(content.subspan(at, std::min(chunk_size, content.size() - at)));
    tegu::smtp::DataRun run;
    while (scanner.next(chunk, run)) output += run.lead.size() + run.end - run.start;
  }
  return output + scanner.facts(true).longest_line;
}

/** What a scanner without vectors costs: one branch on each octet. */
std::size_t scan_plainly(Bytes content) {
  std::size_t lines = 0;
  std::size_t longest = 0;
  std::size_t length = 0;
  unsigned seen = 0;
  for (const std::uint8_t octet : content) {
    seen |= octet;
    ++length;
    if (octet != '\n') continue;
    ++lines;
    longest = std::max(longest, length);
    length = 0;
  }
  return lines + longest + seen;
}

void bench_scanner(const char* name, const std::string& text, std::size_t chunk_size, int rounds) {
  const Bytes content = tegu::bytes::as_bytes(text);
  std::vector<std::uint8_t> copy(content.size());
  double scanner = 1e9;
  double plain = 1e9;
  double copying = 1e9;
  std::size_t sink = 0;
  for (int round = 0; round < rounds; ++round) {
    scanner = std::min(scanner, time_of([&] { sink += scan(content, chunk_size, BareLineEnd::normalise); }));
    plain = std::min(plain, time_of([&] { sink += scan_plainly(content); }));
    copying = std::min(copying, time_of([&] {
                         std::memcpy(copy.data(), content.data(), content.size());
                         sink += copy[sink % copy.size()];
                       }));
  }
  const double gigabytes = static_cast<double>(content.size()) / 1e9;
  std::printf("%-34s %6.2f GB/s   octet by octet %5.2f   memcpy %6.2f   (%zu)\n", name, gigabytes / scanner,
              gigabytes / plain, gigabytes / copying, sink % 10);
}

void bench_rows(bool with_uid, bool with_mod_seq, int rounds) {
  std::vector<std::uint32_t> seqs(k_rows);
  std::vector<std::uint32_t> uids(k_rows);
  std::vector<std::uint32_t> flags(k_rows);
  std::vector<double> mod_seqs(k_rows);
  for (std::size_t i = 0; i < k_rows; ++i) {
    seqs[i] = static_cast<std::uint32_t>(i + 1);
    uids[i] = static_cast<std::uint32_t>(2 * i + 1000);
    flags[i] = static_cast<std::uint32_t>(i * 2654435761u >> 25);
    mod_seqs[i] = static_cast<double>(i + 1'000'000);
  }
  const tegu::imap::FlagRows rows = {seqs, uids, flags, mod_seqs, with_uid, with_mod_seq};
  const std::vector<std::string_view> keywords = {"$Forwarded", "NonJunk"};
  double best = 1e9;
  std::size_t size = 0;
  for (int round = 0; round < rounds; ++round) {
    best = std::min(best, time_of([&] {
                      tegu::imap::FlagTexts texts(keywords);
                      size = tegu::imap::flag_rows_size(rows, 0, k_rows, texts);
                      std::vector<char> out(size);
                      tegu::imap::write_flag_rows(rows, 0, k_rows, texts, out.data());
                    }));
  }
  std::printf("FETCH FLAGS%s%s: %.1f rows a microsecond, %.2f GB/s\n", with_uid ? " UID" : "",
              with_mod_seq ? " MODSEQ" : "", static_cast<double>(k_rows) / best / 1e6,
              static_cast<double>(size) / best / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t chunk_size = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 65536;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 15;
  if (chunk_size == 0 || rounds <= 0) return 2;
  bench_scanner("lines of 76 (base64)", make_content(76, 0), chunk_size, rounds);
  bench_scanner("lines of 40 (text)", make_content(40, 0), chunk_size, rounds);
  bench_scanner("lines of 900", make_content(900, 0), chunk_size, rounds);
  bench_scanner("lines of 40, every 20th stuffed", make_content(40, 20), chunk_size, rounds);
  bench_scanner("lines of 2, all stuffed", make_content(2, 1), chunk_size, rounds);
  bench_scanner("bare LF only", std::string(k_content_octets, '\n'), chunk_size, rounds);
  bench_rows(false, false, rounds);
  bench_rows(true, false, rounds);
  bench_rows(true, true, rounds);
  return 0;
}
