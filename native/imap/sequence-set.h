// Sequence sets and number lists (RFC 9051 9 sequence-set, RFC 3501 7.2.5 SEARCH), read and written.
//
// Reading refuses what the grammar refuses: 0, leading zeros, numbers above 2^32-1, empty items, any other
// octet; and more ranges than the caller has room for. `*` stays a symbol, for only the session knows the
// largest number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tegu::imap {

/**
 * One item of a set. Both ends are numbers and from <= to; or `to` is k_star, and `from` is a number or
 * k_star. The range n:* covers the largest number in use even when that is below n (RFC 9051 9, seq-range).
 */
struct SequenceRange {
  std::uint32_t from;
  std::uint32_t to;
};
static_assert(sizeof(SequenceRange) == 2 * sizeof(std::uint32_t), "handed over as pairs of Uint32");

/** Stands for `*`; no message has the number 0. */
constexpr std::uint32_t k_star = 0;

enum class SequenceSetStatus : std::int32_t { ok = 0, syntax = 1, too_many = 2 };

struct SequenceSetResult {
  SequenceSetStatus status = SequenceSetStatus::ok;
  /** Ranges written. */
  std::size_t count = 0;
  /** Offset of the first octet that cannot be part of the set, or of the first range without room. */
  std::size_t error_at = 0;
};

/** Reads a whole sequence-set into `ranges`, in the order given. */
[[nodiscard]] SequenceSetResult parse_sequence_set(std::span<const std::uint8_t> text,
                                                   std::span<SequenceRange> ranges) noexcept;

/** Length of the sequence-set of ascending `numbers`: 1:3,7,9:10. Equal neighbours count once. */
[[nodiscard]] std::size_t sequence_set_size(std::span<const std::uint32_t> numbers) noexcept;

/** Writes it; `out` has room for sequence_set_size(numbers) octets. */
void write_sequence_set(std::span<const std::uint32_t> numbers, char* out) noexcept;

/** Length of the numbers, in their order, each with a space before it; 0 for none. */
[[nodiscard]] std::size_t number_list_size(std::span<const std::uint32_t> numbers) noexcept;

/** Writes them; `out` has room for number_list_size(numbers) octets. */
void write_number_list(std::span<const std::uint32_t> numbers, char* out) noexcept;

}  // namespace tegu::imap
