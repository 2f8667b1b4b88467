// Implementation of sequence-set.h.
#include "imap/sequence-set.h"

#include <algorithm>
#include <limits>

#include "imap/decimal.h"

namespace tegu::imap {
namespace {

/** Takes seq-number at `at`: nz-number or "*". False when there is none or it is too large. */
bool take_number(std::span<const std::uint8_t> text, std::size_t& at, std::uint32_t& number) noexcept {
  if (at == text.size()) return false;
  if (text[at] == '*') {
    ++at;
    number = k_star;
    return true;
  }
  if (text[at] < '1' || text[at] > '9') return false;
  std::uint64_t value = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (value > std::numeric_limits<std::uint32_t>::max()) return false;
  }
  number = static_cast<std::uint32_t>(value);
  return true;
}

/** RFC 9051 9: 2:4 and 4:2 are the same range; "*" goes last. */
SequenceRange ordered(std::uint32_t a, std::uint32_t b) noexcept {
  if (a == k_star) std::swap(a, b);
  if (b != k_star && b < a) std::swap(a, b);
  return {a, b};
}

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

SequenceSetResult parse_sequence_set(std::span<const std::uint8_t> text,
                                     std::span<SequenceRange> ranges) noexcept {
  SequenceSetResult result;
  std::size_t at = 0;
  const auto fail = [&](SequenceSetStatus status, std::size_t where) {
    result.status = status;
    result.error_at = where;
    return result;
  };
  for (;;) {
    const std::size_t start = at;
    std::uint32_t from = 0;
    if (!take_number(text, at, from)) return fail(SequenceSetStatus::syntax, at);
    std::uint32_t to = from;
    if (at < text.size() && text[at] == ':') {
      ++at;
      if (!take_number(text, at, to)) return fail(SequenceSetStatus::syntax, at);
    }
    if (result.count == ranges.size()) return fail(SequenceSetStatus::too_many, start);
    ranges[result.count++] = ordered(from, to);
    if (at == text.size()) return result;
    if (text[at] != ',') return fail(SequenceSetStatus::syntax, at);
    ++at;
  }
}

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
