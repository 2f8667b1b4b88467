// Implementation of sequence-set.h.
#include "imap/sequence-set.h"

#include "imap/decimal.h"

namespace tegu::imap {
namespace {

/** Calls visit(first, last) for each run of consecutive numbers. */
template <typename Visit>
void for_each_run(std::span<const std::uint32_t> numbers, Visit visit) noexcept {
  std::size_t at = 0;
  while (at < numbers.size()) {
    const std::uint32_t first = numbers[at];
    std::uint32_t last = first;
    for (++at; at < numbers.size() && numbers[at] >= last && numbers[at] - last <= 1; ++at)
      last = numbers[at];
    visit(first, last);
  }
}

}  // namespace

std::size_t sequence_set_size(std::span<const std::uint32_t> numbers) noexcept {
  std::size_t size = 0;
  for_each_run(numbers, [&](std::uint32_t first, std::uint32_t last) {
    size += (size > 0 ? 1 : 0) + decimal_length(first);
    if (last != first) size += 1 + decimal_length(last);
  });
  return size;
}

void write_sequence_set(std::span<const std::uint32_t> numbers, char* out) noexcept {
  char* const begin = out;
  for_each_run(numbers, [&](std::uint32_t first, std::uint32_t last) {
    if (out != begin) *out++ = ',';
    out = write_decimal(out, first);
    if (last == first) return;
    *out++ = ':';
    out = write_decimal(out, last);
  });
}

std::size_t number_list_size(std::span<const std::uint32_t> numbers) noexcept {
  std::size_t size = numbers.size();
  for (const std::uint32_t number : numbers) size += decimal_length(number);
  return size;
}

void write_number_list(std::span<const std::uint32_t> numbers, char* out) noexcept {
  for (const std::uint32_t number : numbers) {
    *out++ = ' ';
    out = write_decimal(out, number);
  }
}

}  // namespace tegu::imap
