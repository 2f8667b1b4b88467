// Implementation of boundary-set.h.
#include "mime/boundary-set.h"

#include <algorithm>
#include <cstring>

namespace tegu::mime {

std::size_t BoundarySet::slot_of(std::uint64_t hash, std::size_t length) const noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash ^ hash >> 32 ^ length) & mask;
  while (table_[slot] != k_none) {
    const Entry& entry = entries_[table_[slot]];
    // Two texts of one length with one hash share a slot: the outer is hidden, its multipart ends with an
    // enclosing one. Whoever crafts that harms his own message only.
    if (entry.hash == hash && entry.text.size() == length) break;
    slot = (slot + 1) & mask;
    ++work_;
  }
  return slot;
}

void BoundarySet::enter(std::size_t index) noexcept {
  Entry& entry = entries_[index];
  const std::size_t slot = slot_of(entry.hash, entry.text.size());
  entry.shadowed = table_[slot];
  table_[slot] = index;
}

void BoundarySet::rebuild_table() noexcept {
  table_.assign(std::max<std::size_t>(16, table_.size() * 2), k_none);
  for (std::size_t i = 0; i + 1 < entries_.size(); ++i) enter(i);
}

void BoundarySet::push(std::string_view text, std::uint32_t row) noexcept {
  Entry entry;
  entry.text = text.substr(0, k_max_boundary);
  entry.row = row;
  entry.hash = k_basis;
  for (const char c : entry.text) entry.hash = mix(entry.hash, static_cast<std::uint8_t>(c));
  entry.longest_before = longest_;
  longest_ = std::max(longest_, entry.text.size());
  length_count_[entry.text.size()] += 1;
  work_ += entry.text.size();
  entries_.push_back(std::move(entry));
  if (entries_.size() * 2 > table_.size()) rebuild_table();
  enter(entries_.size() - 1);
}

void BoundarySet::shrink(std::size_t size) noexcept {
  while (entries_.size() > size) {
    const Entry& entry = entries_.back();
    table_[slot_of(entry.hash, entry.text.size())] = entry.shadowed;
    length_count_[entry.text.size()] -= 1;
    longest_ = entry.longest_before;
    entries_.pop_back();
  }
}

bool BoundarySet::is_prefix(std::size_t entry, Bytes line) const noexcept {
  const std::string& text = entries_[entry].text;
  work_ += text.size();
  return std::memcmp(text.data(), line.data(), text.size()) == 0;
}

bool BoundarySet::choose(const Hits& hits, Bytes line, bool is_whole, BoundaryMatch& match) const noexcept {
  const auto found = [&](std::size_t entry) noexcept {
    const std::size_t size = entries_[entry].text.size();
    match.index = entry;
    match.is_closing = line.size() >= size + 2 && line[size] == '-' && line[size + 1] == '-';
    return true;
  };
  if (is_whole) {
    const bool has_dashes = line.size() > 2 && line[line.size() - 1] == '-' && line[line.size() - 2] == '-';
    std::size_t innermost = k_none;
    for (std::size_t i = 0; i < hits.count; ++i) {
      const std::size_t entry = hits.entries[i];
      const std::size_t size = entries_[entry].text.size();
      const bool is_exact = size == line.size() || (has_dashes && size + 2 == line.size());
      if (is_exact && (innermost == k_none || entry > innermost) && is_prefix(entry, line)) innermost = entry;
    }
    if (innermost != k_none) return found(innermost);
  }
  for (std::size_t i = hits.count; i > 0; --i) {
    if (is_prefix(hits.entries[i - 1], line)) return found(hits.entries[i - 1]);
  }
  return false;
}

bool BoundarySet::find(Bytes line, bool is_whole, BoundaryMatch& match) const noexcept {
  Hits hits;
  std::uint64_t hash = k_basis;
  const std::size_t last = std::min(line.size(), longest_);
  for (std::size_t size = 1; size <= last; ++size) {
    hash = mix(hash, line[size - 1]);
    if (length_count_[size] == 0) continue;
    const std::size_t entry = table_[slot_of(hash, size)];
    if (entry != k_none) hits.entries[hits.count++] = entry;
  }
  work_ += last;
  return hits.count > 0 && choose(hits, line, is_whole, match);
}

}  // namespace tegu::mime
