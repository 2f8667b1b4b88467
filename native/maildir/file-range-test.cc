// Ranges of files against a plain model of the text with CRLF line ends.
#include "maildir/file-range.h"

#include <sys/stat.h>

#include <cerrno>
#include <random>
#include <string>
#include <string_view>

#include "test/check.h"
#include "test/scratch-directory.h"

namespace {

using tegu::maildir::FileMeasure;
using tegu::maildir::k_max_range_bytes;
using tegu::maildir::LfPositions;
using tegu::maildir::measure_file;
using tegu::maildir::OwnedOctets;
using tegu::maildir::read_lf_range;
using tegu::maildir::read_range;
using tegu::test::ScratchDirectory;

/** Model: every LF without a CR before it gets one. */
std::string with_crlf(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) result += '\r';
    result += text[i];
  }
  return result;
}

std::string_view view(const OwnedOctets& octets) {
  return {octets.data.get(), octets.size};
}

std::string part_of(const std::string& text, std::size_t offset, std::size_t length) {
  return offset < text.size() ? text.substr(offset, length) : "";
}

TEST("file range: every range of short texts, plain and as CRLF, with remembered positions") {
  const ScratchDirectory scratch;
  for (const std::string_view text :
       {"", "\n", "\r", "\r\n", "\n\n\n", "a", "a\nb\r\nc\rd\n", "\r\r\n\n\r", "no end", "a\r\nb\r\n"}) {
    const std::string path = scratch.write("m", text);
    const std::string crlf = with_crlf(text);
    LfPositions positions;
    for (std::size_t offset = 0; offset <= crlf.size() + 2; ++offset) {
      for (std::size_t length = 0; length <= crlf.size() + 2; ++length) {
        OwnedOctets octets;
        CHECK_EQ(read_range(path.c_str(), offset, length, octets), 0);
        CHECK_EQ(view(octets), part_of(std::string(text), offset, length));
        OwnedOctets converted;
        CHECK_EQ(read_lf_range(path.c_str(), offset, length, positions, converted), 0);
        CHECK_EQ(view(converted), part_of(crlf, offset, length));
      }
    }
  }
}

TEST("file range: a large text read in pieces of any size, forwards and anywhere") {
  const ScratchDirectory scratch;
  std::mt19937 random(7);
  std::string text;
  while (text.size() < 1'500'000) {
    text += std::string(random() % 200, 'x');
    const char* ends[] = {"\n", "\r\n", "\r", "\n\n", "\r\r\n"};
    text += ends[random() % 5];
  }
  // A line end cut by our own block of 256 KiB, in both ways.
  text[262'143] = '\r';
  text[262'144] = '\n';
  text[524'288] = '\n';
  text[524'287] = 'x';
  const std::string path = scratch.write("m", text);
  const std::string crlf = with_crlf(text);
  LfPositions positions;
  for (const std::size_t piece : {1'000U, 65'536U, 262'144U, 262'145U, 393'216U}) {
    std::string joined;
    for (std::size_t offset = 0; offset < crlf.size(); offset += piece) {
      if (piece == 1'000 && offset > 400'000) break;
      OwnedOctets octets;
      CHECK_EQ(read_lf_range(path.c_str(), offset, piece, positions, octets), 0);
      joined += view(octets);
    }
    CHECK(joined == crlf.substr(0, joined.size()));
    CHECK(joined.size() > 400'000);
  }
  for (int i = 0; i < 200; ++i) {
    const std::size_t offset = random() % (crlf.size() + 100);
    const std::size_t length = random() % 10'000;
    OwnedOctets octets;
    CHECK_EQ(read_lf_range(path.c_str(), offset, length, positions, octets), 0);
    CHECK(view(octets) == part_of(crlf, offset, length));
  }
}

TEST("file range: a file replaced between two pieces is not read at the old position") {
  const ScratchDirectory scratch;
  LfPositions positions;
  OwnedOctets octets;
  const std::string path = scratch.write("m", "\n\n\n\n\n\n");
  CHECK_EQ(read_lf_range(path.c_str(), 0, 8, positions, octets), 0);
  std::filesystem::remove(path);
  scratch.write("other", "");
  scratch.write("m", "abcdefghijkl");
  CHECK_EQ(read_lf_range(path.c_str(), 8, 4, positions, octets), 0);
  CHECK_EQ(view(octets), "ijkl");
}

TEST("file range: positions of more files than are remembered") {
  const ScratchDirectory scratch;
  LfPositions positions;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      const std::string text = std::to_string(i) + "\nsecond\n";
      const std::string path = scratch.write(std::to_string(i), text);
      OwnedOctets octets;
      const std::string crlf = with_crlf(text);
      CHECK_EQ(read_lf_range(path.c_str(), static_cast<std::size_t>(round) * 3, 5, positions, octets), 0);
      CHECK_EQ(view(octets), part_of(crlf, static_cast<std::size_t>(round) * 3, 5));
    }
  }
}

TEST("file range: at the longest length and one past it") {
  const ScratchDirectory scratch;
  const std::string path = scratch.write("m", "text");
  OwnedOctets octets;
  LfPositions positions;
  CHECK_EQ(read_range(path.c_str(), 0, k_max_range_bytes, octets), 0);
  CHECK_EQ(view(octets), "text");
  CHECK_EQ(read_range(path.c_str(), 0, k_max_range_bytes + 1, octets), EINVAL);
  CHECK_EQ(read_lf_range(path.c_str(), 0, k_max_range_bytes + 1, positions, octets), EINVAL);
}

TEST("file range: a FIFO in a mailbox does not hang the reader; missing files and directories are told") {
  const ScratchDirectory scratch;
  CHECK_EQ(mkfifo(scratch.at("pipe").c_str(), 0600), 0);
  OwnedOctets octets;
  FileMeasure measure;
  CHECK_EQ(read_range(scratch.at("pipe").c_str(), 0, 10, octets), EINVAL);
  CHECK_EQ(measure_file(scratch.at("pipe").c_str(), measure), EINVAL);
  CHECK_EQ(read_range(scratch.at("none").c_str(), 0, 10, octets), ENOENT);
  CHECK_EQ(read_range(scratch.path().c_str(), 0, 10, octets), EISDIR);
}

TEST("file range: measuring counts bare LF twice, across blocks too") {
  const ScratchDirectory scratch;
  std::string text(600'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 77) text[i] = '\n';
  text[262'143] = '\r';
  text[262'144] = '\n';
  for (const std::string& each : {std::string(), std::string("\n"), std::string("\r\n"), text}) {
    FileMeasure measure;
    CHECK_EQ(measure_file(scratch.write("m", each).c_str(), measure), 0);
    CHECK_EQ(measure.size, each.size());
    CHECK_EQ(measure.virtual_size, with_crlf(each).size());
    CHECK(measure.mtime_ms > 1.6e12);
  }
}

}  // namespace
