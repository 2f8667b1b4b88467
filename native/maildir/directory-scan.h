// Reads one Maildir `new` or `cur` directory into flat columns, sorted by base name.
//
// One pass of getdents64, no stat per file: sizes and flags come from the names. Dot files, directories and
// special files are left out. POSIX gives no snapshot: a file renamed during the scan may appear under its
// old name, its new one, both or none, so the reader compares the directory's mtime (taken before the scan
// began) and scans again when it moved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tegu::maildir {

struct DirectoryScan {
  std::int64_t mtime_ns = 0;
  /** Full names back to back; entry i is [offsets[i], offsets[i+1]). */
  std::string names;
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint16_t> base_lengths;
  /** -1 when the name does not tell. */
  std::vector<double> sizes;
  std::vector<double> virtual_sizes;
  std::vector<std::uint32_t> flags;
};

/** Blocking. 0 or an errno; EOVERFLOW when the names of one directory exceed 4 GiB. */
[[nodiscard]] int scan_directory(const char* path, DirectoryScan& scan);

}  // namespace tegu::maildir
