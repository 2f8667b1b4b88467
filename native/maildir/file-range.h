// Reads parts of a file, as it lies on disk or as the virtual text in which every bare LF is CRLF.
//
// Blocking: runs on a worker thread. A FIFO or device that somebody put into a mailbox is refused (EINVAL)
// instead of blocking. Positions in the virtual text are found by counting from the start; LfPositions
// remembers where the last reads of some files ended, so that a message fetched piece by piece is counted
// once and not once a piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace tegu::maildir {

/** Octets on the C heap, so that they can be handed to whoever frees with free(). */
struct FreeMemory {
  void operator()(char* memory) const noexcept;
};
struct OwnedOctets {
  std::unique_ptr<char, FreeMemory> data;
  std::size_t size = 0;
};

/** Longest piece read at once. */
constexpr std::size_t k_max_range_bytes = 16 * 1024 * 1024;

/** A place in a file and in its virtual text. */
struct LfPosition {
  std::uint64_t physical = 0;
  std::uint64_t virtual_offset = 0;
  /** The octet before is CR. */
  bool after_cr = false;
};

/** Where the latest reads ended; shared by threads, bounded, forgets the longest unused file. */
class LfPositions {
 public:
  struct FileKey {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t mtime_ns = 0;
    friend bool operator==(const FileKey&, const FileKey&) = default;
  };

  /** The remembered position of the file when it is not past `offset`, else its start. */
  [[nodiscard]] LfPosition find(const FileKey& file, std::uint64_t offset) noexcept;
  void remember(const FileKey& file, const LfPosition& position);

 private:
  struct Entry {
    FileKey file;
    LfPosition position;
  };
  static constexpr std::size_t k_max_entries = 64;

  std::mutex mutex_;
  /** The latest used last. */
  std::vector<Entry> entries_;
};

/** Octets [offset, offset+length) clamped to the end of the file. 0 or an errno; EINVAL for a length over the
 * limit. */
[[nodiscard]] int read_range(const char* path, std::uint64_t offset, std::size_t length, OwnedOctets& octets);

/** The same over the virtual text. */
[[nodiscard]] int read_lf_range(const char* path, std::uint64_t offset, std::size_t length,
                                LfPositions& positions, OwnedOctets& octets);

struct FileMeasure {
  std::uint64_t size = 0;
  /** Size of the virtual text. */
  std::uint64_t virtual_size = 0;
  double mtime_ms = 0;
};

/** Reads the whole file. 0 or an errno. */
[[nodiscard]] int measure_file(const char* path, FileMeasure& measure);

}  // namespace tegu::maildir
