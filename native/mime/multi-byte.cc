// Implementation of multi-byte.h.
#include "mime/multi-byte.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "bytes/utf8.h"

namespace tegu::mime {
namespace {

constexpr std::size_t k_max_character = 4;
/** Octets decoded at once. */
constexpr std::size_t k_slice = 512;
/** No octet becomes more than three of UTF-8, so that the room is never the error. */
constexpr std::size_t k_room = 3 * k_slice + k_max_character;

constexpr char k_escape = '\x1b';
/** EUC-JP: half-width katakana, and JIS X 0212, are marked by an octet before (single shifts). */
constexpr char k_katakana_shift = '\x8e';
constexpr char k_supplementary_shift = '\x8f';

const iconv_t k_no_descriptor = reinterpret_cast<iconv_t>(-1);

}  // namespace

MultiByteDecoder::MultiByteDecoder(const char* name) noexcept
    : descriptor_(name == nullptr ? k_no_descriptor : iconv_open("UTF-8", name)) {}

MultiByteDecoder::~MultiByteDecoder() {
  if (is_open()) iconv_close(descriptor_);
}

bool MultiByteDecoder::is_open() const noexcept {
  return descriptor_ != k_no_descriptor;
}

bool MultiByteDecoder::decode_slice(Bytes slice, std::string& out, std::size_t& used) noexcept {
  // iconv wants a pointer to octets that are not const, and does not write to them.
  char* in = const_cast<char*>(reinterpret_cast<const char*>(slice.data()));
  std::size_t left = slice.size();
  std::array<char, k_room> room;
  char* to = room.data();
  std::size_t free = room.size();
  const std::size_t result = iconv(descriptor_, &in, &left, &to, &free);
  if (result == static_cast<std::size_t>(-1) && (errno != EINVAL || left >= k_max_character)) {
    iconv(descriptor_, nullptr, nullptr, nullptr, nullptr);
    return false;
  }
  out.append(room.data(), room.size() - free);
  used = slice.size() - left;
  return true;
}

std::size_t MultiByteDecoder::decode_one(Bytes text, std::string& out) noexcept {
  for (std::size_t size = 1; size <= std::min(text.size(), k_max_character); ++size) {
    std::size_t used = 0;
    if (!decode_slice(text.first(size), out, used)) break;
    if (used > 0) return used;
    if (size == text.size() && size < k_max_character) return 0;
  }
  bytes::append_utf8(out, bytes::k_replacement);
  return 1;
}

std::size_t MultiByteDecoder::decode(Bytes text, std::string& out) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const Bytes slice = text.subspan(at, std::min(k_slice, text.size() - at));
    std::size_t used = 0;
    if (decode_slice(slice, out, used)) {
      at += used;
      if (used > 0) continue;
      if (slice.size() < k_max_character) break;
    }
    // An error somewhere in the slice: one character after the other, through all of it, so that the cost
    // stays linear.
    for (const std::size_t end = at + slice.size(); at < end;) {
      used = decode_one(text.subspan(at), out);
      if (used == 0) return at;
      at += used;
    }
  }
  return at;
}

/** Whether `held_` was a whole escape sequence, or part of one that may go on. */
bool Iso2022JpReader::take_escape() noexcept {
  struct Sequence {
    std::string_view octets;
    Set set;
  };
  // RFC 1468, and the katakana and JIS X 0212 sets that mailers use beside it.
  static constexpr Sequence k_sequences[] = {
      {"\x1b(B", Set::ascii},          {"\x1b(J", Set::ascii}, {"\x1b(I", Set::katakana},
      {"\x1b$@", Set::kanji},          {"\x1b$B", Set::kanji}, {"\x1b$(B", Set::kanji},
      {"\x1b$(D", Set::supplementary},
  };
  for (const Sequence& sequence : k_sequences) {
    if (!sequence.octets.starts_with(held_)) continue;
    if (sequence.octets.size() == held_.size()) {
      set_ = sequence.set;
      held_.clear();
    }
    return true;
  }
  return false;
}

void Iso2022JpReader::take(std::uint8_t octet, std::string& euc) noexcept {
  const char c = static_cast<char>(octet);
  if (c == k_escape) {
    finish(euc);
    held_.push_back(c);
    return;
  }
  if (!held_.empty() && held_[0] == k_escape) {
    held_.push_back(c);
    if (!take_escape()) finish(euc);
    return;
  }
  const bool is_graphic = octet > 0x20 && octet < 0x7f;
  const char high = static_cast<char>(octet | 0x80);
  if (set_ == Set::ascii || !is_graphic) {
    finish(euc);
    euc.push_back(c);
    // RFC 1468: a line begins in ASCII, whatever the one before forgot.
    if (c == '\n') set_ = Set::ascii;
  } else if (set_ == Set::katakana) {
    euc.push_back(k_katakana_shift);
    euc.push_back(high);
  } else if (held_.empty()) {
    held_.push_back(c);
  } else {
    if (set_ == Set::supplementary) euc.push_back(k_supplementary_shift);
    euc.push_back(static_cast<char>(held_[0] | 0x80));
    euc.push_back(high);
    held_.clear();
  }
}

void Iso2022JpReader::feed(Bytes text, std::string& euc) noexcept {
  for (const std::uint8_t octet : text) take(octet, euc);
}

void Iso2022JpReader::finish(std::string& euc) noexcept {
  euc.append(held_);
  held_.clear();
}

}  // namespace tegu::mime
