// Sequence sets and number lists of responses (RFC 9051 9 sequence-set, RFC 3501 7.2.5 SEARCH).
//
// Writing only: sets of commands are read by src/proto/imap/sequence-set.ts, one parser for all callers. The
// size is computed first and the text is written into a buffer of exactly that size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tegu::imap {

/** Length of the sequence-set of ascending `numbers`: 1:3,7,9:10. Equal neighbours count once. */
[[nodiscard]] std::size_t sequence_set_size(std::span<const std::uint32_t> numbers) noexcept;

/** Writes it; `out` has room for sequence_set_size(numbers) octets. */
void write_sequence_set(std::span<const std::uint32_t> numbers, char* out) noexcept;

/** Length of the numbers, in their order, each with a space before it; 0 for none. */
[[nodiscard]] std::size_t number_list_size(std::span<const std::uint32_t> numbers) noexcept;

/** Writes them; `out` has room for number_list_size(numbers) octets. */
void write_number_list(std::span<const std::uint32_t> numbers, char* out) noexcept;

}  // namespace tegu::imap
