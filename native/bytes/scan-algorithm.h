// The scanning algorithms, written once. Included inside an unnamed namespace by each scan-<instruction
// set>.cc after it has defined `struct Vector` (so there is no include guard, and no include in here):
//
//   Register, k_width (octets), load(p) unaligned, splat(octet), equal(a, b), either(a, b), both(a, b)
//   bitwise, without(a, b) = a and not b, in_range(v, low, high) for 7-bit bounds; comparisons yield all-ones
//   or, for words, at least the top bit of each octet that holds. mask(r): one bit an octet in ascending
//   order; high_mask(v) the same for the top bits of any register; lane(mask): octet index of the lowest bit.

inline std::size_t lowest(std::uint64_t mask) noexcept {
  return Vector::lane(static_cast<std::size_t>(__builtin_ctzll(mask)));
}

inline std::uint64_t population(std::uint64_t mask) noexcept {
  return static_cast<std::uint64_t>(__builtin_popcountll(mask));
}

std::size_t find_any_impl(const std::uint8_t* data, std::size_t size, OctetSet set) noexcept {
  const auto a = Vector::splat(set.octets[0]);
  const auto b = Vector::splat(set.octets[1]);
  const auto c = Vector::splat(set.octets[2]);
  const auto d = Vector::splat(set.octets[3]);
  std::size_t i = 0;
  for (; i + Vector::k_width <= size; i += Vector::k_width) {
    const auto v = Vector::load(data + i);
    const std::uint64_t mask =
        Vector::mask(Vector::either(Vector::either(Vector::equal(v, a), Vector::equal(v, b)),
                                    Vector::either(Vector::equal(v, c), Vector::equal(v, d))));
    if (mask != 0) return i + lowest(mask);
  }
  for (; i < size; ++i) {
    const std::uint8_t o = data[i];
    if (o == set.octets[0] || o == set.octets[1] || o == set.octets[2] || o == set.octets[3]) return i;
  }
  return size;
}

std::size_t find_high_impl(const std::uint8_t* data, std::size_t size) noexcept {
  std::size_t i = 0;
  for (; i + Vector::k_width <= size; i += Vector::k_width) {
    const std::uint64_t mask = Vector::high_mask(Vector::load(data + i));
    if (mask != 0) return i + lowest(mask);
  }
  while (i < size && data[i] < 0x80) ++i;
  return i;
}

// Octets after the end count as dashes: the caller must look again when it has more.
inline bool may_begin_dash_line(const std::uint8_t* data, std::size_t size, std::size_t i) noexcept {
  return (i + 1 >= size || data[i + 1] == '-') && (i + 2 >= size || data[i + 2] == '-');
}

// Every load below reaches one octet back and two ahead, so the first octet and the tail go one by one.
std::size_t find_dash_line_impl(const std::uint8_t* data, std::size_t size, bool after_cr,
                                LineCount& count) noexcept {
  std::size_t i = 0;
  const auto step = [&](bool cr_before) noexcept {
    if (data[i] != '\n') return false;
    if (may_begin_dash_line(data, size, i)) return true;
    count.lf += 1;
    if (!cr_before) count.bare_lf += 1;
    return false;
  };
  if (size > 0) {
    if (step(after_cr)) return 0;
    i = 1;
  }
  const auto lf = Vector::splat('\n');
  const auto cr = Vector::splat('\r');
  const auto dash = Vector::splat('-');
  for (; i + Vector::k_width + 2 <= size; i += Vector::k_width) {
    const auto is_lf = Vector::equal(Vector::load(data + i), lf);
    std::uint64_t lf_mask = Vector::mask(is_lf);
    if (lf_mask == 0) continue;
    const auto dashes = Vector::both(Vector::equal(Vector::load(data + i + 1), dash),
                                     Vector::equal(Vector::load(data + i + 2), dash));
    std::uint64_t bare_mask =
        Vector::mask(Vector::without(is_lf, Vector::equal(Vector::load(data + i - 1), cr)));
    const std::uint64_t found = Vector::mask(Vector::both(is_lf, dashes));
    if (found != 0) {
      const std::uint64_t before = (found & (~found + 1)) - 1;
      count.lf += population(lf_mask & before);
      count.bare_lf += population(bare_mask & before);
      return i + lowest(found);
    }
    count.lf += population(lf_mask);
    count.bare_lf += population(bare_mask);
  }
  for (; i < size; ++i) {
    if (step(data[i - 1] == '\r')) return i;
  }
  return size;
}

void count_lines_impl(const std::uint8_t* data, std::size_t size, bool after_cr, LineCount& count) noexcept {
  if (size == 0) return;
  if (data[0] == '\n') {
    count.lf += 1;
    if (!after_cr) count.bare_lf += 1;
  }
  std::size_t i = 1;
  const auto lf = Vector::splat('\n');
  const auto cr = Vector::splat('\r');
  for (; i + Vector::k_width <= size; i += Vector::k_width) {
    const auto is_lf = Vector::equal(Vector::load(data + i), lf);
    const auto is_bare = Vector::without(is_lf, Vector::equal(Vector::load(data + i - 1), cr));
    count.lf += population(Vector::mask(is_lf));
    count.bare_lf += population(Vector::mask(is_bare));
  }
  for (; i < size; ++i) {
    if (data[i] != '\n') continue;
    count.lf += 1;
    if (data[i - 1] != '\r') count.bare_lf += 1;
  }
}

inline bool is_base64_octet(std::uint8_t o) noexcept {
  const auto lower = static_cast<std::uint8_t>(o | 0x20);
  return (lower >= 'a' && lower <= 'z') || (o >= '/' && o <= '9') || o == '+';
}

std::size_t count_base64_impl(const std::uint8_t* data, std::size_t size, std::uint64_t& count) noexcept {
  const auto pad = Vector::splat('=');
  const auto plus = Vector::splat('+');
  const auto case_bit = Vector::splat(0x20);
  std::size_t i = 0;
  for (; i + Vector::k_width <= size; i += Vector::k_width) {
    const auto v = Vector::load(data + i);
    const auto letters = Vector::in_range(Vector::either(v, case_bit), 'a', 'z');
    const auto others = Vector::either(Vector::in_range(v, '/', '9'), Vector::equal(v, plus));
    const std::uint64_t alphabet = Vector::mask(Vector::either(letters, others));
    const std::uint64_t found = Vector::mask(Vector::equal(v, pad));
    if (found != 0) {
      count += population(alphabet & ((found & (~found + 1)) - 1));
      return i + lowest(found);
    }
    count += population(alphabet);
  }
  for (; i < size && data[i] != '='; ++i) count += is_base64_octet(data[i]) ? 1 : 0;
  return i;
}

constexpr ScanKernel make_kernel(const char* name) noexcept {
  return {name, find_any_impl, find_high_impl, find_dash_line_impl, count_lines_impl, count_base64_impl};
}
