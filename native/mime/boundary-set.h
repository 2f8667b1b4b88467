// The boundaries of the multiparts that are open, and the question which of them a line begins with.
//
// RFC 2046 5.1.1: a delimiter matches when the boundary is a prefix of what follows "--"; the rest of the
// line is padding. Where several fit, a line that is exactly one of them, or one of them and "--", means the
// innermost such; otherwise the longest. Looking up costs one step an octet of the line, however many
// boundaries are open: lengths that occur and hashes of prefixes are compared, not boundaries (E01: ten
// thousand levels with one common prefix).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

/** RFC 2046 allows 70 octets; what a mailer makes longer is compared up to here. */
inline constexpr std::size_t k_max_boundary = 250;

/** The boundary that a line begins with. */
struct BoundaryMatch {
  /** Position in the set, outermost is 0. */
  std::size_t index;
  /** The closing delimiter. */
  bool is_closing;
};

class BoundarySet {
 public:
  /** Adds the innermost boundary; longer ones are cut to k_max_boundary. `text` must not be empty. */
  void push(std::string_view text, std::uint32_t row) noexcept;

  /** Drops the innermost ones until `size` are left. */
  void shrink(std::size_t size) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /** Row of the multipart that a boundary belongs to. */
  [[nodiscard]] std::uint32_t row(std::size_t index) const noexcept { return entries_[index].row; }

  /** Octets behind "--" that decide: the longest boundary, the closing dashes and CR. */
  [[nodiscard]] std::size_t lookahead() const noexcept { return longest_ + 3; }

  /**
   * Looks up a line without its "--" and LF. `is_whole`: the line ends there; else more than lookahead()
   * octets of it may follow. False when no boundary fits.
   */
  [[nodiscard]] bool find(Bytes line, bool is_whole, BoundaryMatch& match) const noexcept;

  /** Octets hashed and entries looked at so far, for the proof of linear cost. */
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }

 private:
  static constexpr std::size_t k_none = static_cast<std::size_t>(-1);
  static constexpr std::uint64_t k_basis = 0xcbf29ce484222325;
  static constexpr std::uint64_t k_prime = 0x100000001b3;

  struct Entry {
    std::string text;
    std::uint32_t row;
    std::uint64_t hash;
    /** The entry of the same text further out, hidden while this one is there. */
    std::size_t shadowed;
    /** Longest boundary without this entry. */
    std::size_t longest_before;
  };

  /** Entries whose hash and length fit a prefix of the line, shortest first. */
  struct Hits {
    std::size_t count = 0;
    std::array<std::size_t, k_max_boundary> entries;
  };

  static std::uint64_t mix(std::uint64_t hash, std::uint8_t octet) noexcept {
    return (hash ^ octet) * k_prime;
  }
  void enter(std::size_t index) noexcept;
  void rebuild_table() noexcept;
  /** Slot of the boundary with that hash and length, or the free one where it would go. */
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash, std::size_t length) const noexcept;
  [[nodiscard]] bool is_prefix(std::size_t entry, Bytes line) const noexcept;
  [[nodiscard]] bool choose(const Hits& hits, Bytes line, bool is_whole, BoundaryMatch& match) const noexcept;

  std::vector<Entry> entries_;
  /** Open addressing over entry indexes; since entries leave in reverse order, freeing a slot breaks no
   * chain. */
  std::vector<std::size_t> table_;
  /** Entries of each length. */
  std::array<std::uint32_t, k_max_boundary + 1> length_count_{};
  std::size_t longest_ = 0;
  mutable std::uint64_t work_ = 0;
};

}  // namespace tegu::mime
