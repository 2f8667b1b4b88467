// See file-range.h.
#include "maildir/file-range.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bytes/scan.h"

namespace tegu::maildir {
namespace {

constexpr std::size_t k_chunk_bytes = 256 * 1024;

/** A regular file open for reading. */
class SourceFile {
 public:
  SourceFile() = default;
  ~SourceFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  SourceFile(const SourceFile&) = delete;
  SourceFile& operator=(const SourceFile&) = delete;

  /** 0 or an errno. */
  int open(const char* path) noexcept {
    // O_NONBLOCK: opening a FIFO without a writer would never return. It means nothing for regular files.
    fd_ = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0) return errno;
    if (fstat(fd_, &info_) != 0) return errno;
    if (S_ISDIR(info_.st_mode)) return EISDIR;
    return S_ISREG(info_.st_mode) ? 0 : EINVAL;
  }

  [[nodiscard]] const struct stat& info() const noexcept { return info_; }

  /** Reads until `length` octets or the end; the count, or a negative errno. */
  ssize_t read(char* to, std::size_t length, std::uint64_t offset) const noexcept {
    std::size_t done = 0;
    while (done < length) {
      const ssize_t got = pread(fd_, to + done, length - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return -errno;
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return static_cast<ssize_t>(done);
  }

 private:
  int fd_ = -1;
  struct stat info_ {};
};

std::int64_t mtime_ns(const struct stat& info) noexcept {
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

bool allocate(OwnedOctets& octets, std::size_t size) noexcept {
  octets.data.reset(static_cast<char*>(std::malloc(std::max<std::size_t>(size, 1))));
  octets.size = 0;
  return octets.data != nullptr;
}

/** Gives back the part of the allocation that was not filled. */
void shrink(OwnedOctets& octets, std::size_t size) noexcept {
  octets.size = size;
  void* smaller = std::realloc(octets.data.get(), std::max<std::size_t>(size, 1));
  if (smaller == nullptr) return;
  static_cast<void>(octets.data.release());
  octets.data.reset(static_cast<char*>(smaller));
}

/** Walks the virtual text from a position and keeps the octets [offset, offset + length) of it. */
class LfReader {
 public:
  LfReader(LfPosition start, std::uint64_t offset, std::size_t length, char* to) noexcept
      : position_(start), offset_(offset), end_(offset + length), to_(to) {}

  [[nodiscard]] const LfPosition& position() const noexcept { return position_; }
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
  [[nodiscard]] bool is_done() const noexcept { return position_.virtual_offset >= end_; }

  /** Takes the next octets of the file. Stops after the piece of text in which the range ends. */
  void feed(const char* data, std::size_t size) noexcept {
    if (skip(data, size)) return;
    const char* const data_end = data + size;
    while (data < data_end && !is_done()) {
      const auto* lf =
          static_cast<const char*>(std::memchr(data, '\n', static_cast<std::size_t>(data_end - data)));
      const char* const line_end = lf == nullptr ? data_end : lf;
      // Not past the end of the range, so that the position stays one from which the next piece can be read.
      const char* const text_end = data + std::min<std::uint64_t>(static_cast<std::uint64_t>(line_end - data),
                                                                  end_ - position_.virtual_offset);
      if (text_end > data) {
        take(data, static_cast<std::size_t>(text_end - data));
        position_.physical += static_cast<std::uint64_t>(text_end - data);
        position_.after_cr = text_end[-1] == '\r';
        data = text_end;
      }
      if (data != lf || is_done()) continue;
      position_.after_cr ? take("\n", 1) : take("\r\n", 2);
      position_.physical += 1;
      position_.after_cr = false;
      data = lf + 1;
    }
  }

 private:
  /** Passes over data that lies wholly before the range, without looking at each line. */
  bool skip(const char* data, std::size_t size) noexcept {
    if (position_.virtual_offset + size > offset_) return false;
    bytes::LineCount lines;
    bytes::scan().count_lines(reinterpret_cast<const std::uint8_t*>(data), size, position_.after_cr, lines);
    const std::uint64_t text_size = size + lines.bare_lf;
    if (position_.virtual_offset + text_size > offset_) return false;
    position_.virtual_offset += text_size;
    position_.physical += size;
    position_.after_cr = data[size - 1] == '\r';
    return true;
  }

  void take(const char* text, std::size_t size) noexcept {
    const std::uint64_t from = std::max(position_.virtual_offset, offset_);
    const std::uint64_t until = std::min(position_.virtual_offset + size, end_);
    if (from < until) {
      std::memcpy(to_ + taken_, text + (from - position_.virtual_offset), until - from);
      taken_ += until - from;
    }
    position_.virtual_offset += size;
  }

  LfPosition position_;
  const std::uint64_t offset_;
  const std::uint64_t end_;
  char* const to_;
  std::size_t taken_ = 0;
};

}  // namespace

void FreeMemory::operator()(char* memory) const noexcept {
  std::free(memory);
}

LfPosition LfPositions::find(const FileKey& file, std::uint64_t offset) noexcept {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.file == file && entry.position.virtual_offset <= offset) return entry.position;
  }
  return {};
}

void LfPositions::remember(const FileKey& file, const LfPosition& position) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.file == file; });
  if (entries_.size() >= k_max_entries) entries_.erase(entries_.begin());
  entries_.push_back({file, position});
}

int read_range(const char* path, std::uint64_t offset, std::size_t length, OwnedOctets& octets) {
  if (length > k_max_range_bytes) return EINVAL;
  SourceFile file;
  if (const int error = file.open(path); error != 0) return error;
  const auto size = static_cast<std::uint64_t>(file.info().st_size);
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(length, size > offset ? size - offset : 0));
  if (!allocate(octets, wanted)) return ENOMEM;
  const ssize_t got = file.read(octets.data.get(), wanted, offset);
  if (got < 0) return static_cast<int>(-got);
  shrink(octets, static_cast<std::size_t>(got));
  return 0;
}

int read_lf_range(const char* path, std::uint64_t offset, std::size_t length, LfPositions& positions,
                  OwnedOctets& octets) {
  if (length > k_max_range_bytes) return EINVAL;
  SourceFile file;
  if (const int error = file.open(path); error != 0) return error;
  const struct stat& info = file.info();
  const LfPositions::FileKey key{info.st_dev, info.st_ino, info.st_size, mtime_ns(info)};
  // The text is at most twice the file: no more needs to be asked for.
  const std::uint64_t most = 2 * static_cast<std::uint64_t>(info.st_size);
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(length, most > offset ? most - offset : 0));
  if (!allocate(octets, wanted)) return ENOMEM;
  if (wanted == 0) return 0;
  const std::unique_ptr<char[]> chunk(new char[k_chunk_bytes]);
  LfReader reader(positions.find(key, offset), offset, wanted, octets.data.get());
  LfPosition resumable = reader.position();
  while (!reader.is_done()) {
    const ssize_t got = file.read(chunk.get(), k_chunk_bytes, reader.position().physical);
    if (got < 0) return static_cast<int>(-got);
    if (got == 0) break;
    resumable = reader.position();
    reader.feed(chunk.get(), static_cast<std::size_t>(got));
  }
  // A position past the end of the range would be useless to the reader that comes for the next piece.
  if (reader.position().virtual_offset == offset + wanted) resumable = reader.position();
  positions.remember(key, resumable);
  shrink(octets, reader.taken());
  return 0;
}

int measure_file(const char* path, FileMeasure& measure) {
  SourceFile file;
  if (const int error = file.open(path); error != 0) return error;
  measure = {};
  measure.mtime_ms = static_cast<double>(mtime_ns(file.info())) / 1e6;
  const std::unique_ptr<char[]> chunk(new char[k_chunk_bytes]);
  bytes::LineCount lines;
  bool after_cr = false;
  for (;;) {
    const ssize_t got = file.read(chunk.get(), k_chunk_bytes, measure.size);
    if (got < 0) return static_cast<int>(-got);
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    bytes::scan().count_lines(reinterpret_cast<const std::uint8_t*>(chunk.get()), size, after_cr, lines);
    after_cr = chunk[size - 1] == '\r';
    measure.size += size;
  }
  measure.virtual_size = measure.size + lines.bare_lf;
  return 0;
}

}  // namespace tegu::maildir
