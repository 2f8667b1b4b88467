// Implementation of charset.h.
#include "mime/charset.h"

#include <algorithm>
#include <cstring>

#include "bytes/ascii.h"
#include "bytes/scan.h"
#include "bytes/utf8.h"
#include "mime/charset-tables.gen.h"

namespace tegu::mime {
namespace {

/** A label, lower case letters and digits only, and the charset as iconv names it. */
struct MultiByteLabel {
  std::string_view label;
  const char* iconv_name;
};

// GB 2312 and GBK texts are decoded by their superset, and so are Shift_JIS and KS C 5601 ones: mail that
// uses the larger set under the smaller name is common, and the reverse does no harm.
// Left out are ISO-2022-CN, ISO-2022-KR, EUC-TW and BIG5-HKSCS: hardly anybody writes them, stateful
// converters are where the C library had its holes, and some give other text when the input comes in pieces.
constexpr MultiByteLabel k_multi_byte_labels[] = {
    {"gb2312", "GB18030"},  {"gb18030", "GB18030"},  {"gbk", "GB18030"},     {"cp936", "GB18030"},
    {"xgbk", "GB18030"},    {"gb231280", "GB18030"}, {"euccn", "GB18030"},   {"csgb2312", "GB18030"},
    {"chinese", "GB18030"}, {"big5", "CP950"},       {"cp950", "CP950"},     {"csbig5", "CP950"},
    {"xxbig5", "CP950"},    {"big5hkscs", "CP950"},  {"eucjp", "EUC-JP-MS"}, {"xeucjp", "EUC-JP-MS"},
    {"ujis", "EUC-JP-MS"},  {"shiftjis", "CP932"},   {"sjis", "CP932"},      {"xsjis", "CP932"},
    {"cp932", "CP932"},     {"windows31j", "CP932"}, {"mskanji", "CP932"},   {"csshiftjis", "CP932"},
    {"euckr", "UHC"},       {"ksc56011987", "UHC"},  {"ksc5601", "UHC"},     {"korean", "UHC"},
    {"cp949", "UHC"},       {"uhc", "UHC"},          {"windows949", "UHC"},
};

struct CodedLabel {
  std::string_view label;
  CharsetKind kind;
};

constexpr CodedLabel k_coded_labels[] = {
    {"utf8", CharsetKind::utf8},
    {"unicode11utf8", CharsetKind::utf8},
    {"utf8mb4", CharsetKind::utf8},
    {"cp65001", CharsetKind::utf8},
    {"usascii", CharsetKind::ascii},
    {"ascii", CharsetKind::ascii},
    {"ansix341968", CharsetKind::ascii},
    {"iso646us", CharsetKind::ascii},
    {"us", CharsetKind::ascii},
    {"utf16", CharsetKind::utf16},
    {"ucs2", CharsetKind::utf16},
    {"iso10646ucs2", CharsetKind::utf16},
    {"iso2022jp", CharsetKind::iso2022jp},
    {"iso2022jp1", CharsetKind::iso2022jp},
    {"iso2022jp2", CharsetKind::iso2022jp},
    {"csiso2022jp", CharsetKind::iso2022jp},
    {"utf16le", CharsetKind::utf16le},
    {"utf16be", CharsetKind::utf16be},
};

/** No label is longer; longer text is none. */
constexpr std::size_t k_max_label = 40;

/** What ISO-2022-JP is rewritten to, as iconv names it. */
constexpr const char* k_euc_jp = "EUC-JP-MS";

const char* iconv_name_of(Charset charset) noexcept {
  return charset.kind == CharsetKind::iso2022jp ? k_euc_jp : charset.iconv_name;
}

}  // namespace

Charset find_charset(std::string_view label) noexcept {
  std::array<char, k_max_label> plain;
  std::size_t size = 0;
  for (const char c : label) {
    if (!bytes::is_class(c, bytes::k_alpha | bytes::k_digit)) continue;
    if (size == plain.size()) return {};
    plain[size++] = bytes::ascii_lower(c);
  }
  const std::string_view wanted(plain.data(), size);
  const auto* const found =
      std::lower_bound(k_charset_labels.begin(), k_charset_labels.end(), wanted,
                       [](const CharsetLabel& entry, std::string_view text) { return entry.label < text; });
  if (found != k_charset_labels.end() && found->label == wanted) {
    return {CharsetKind::single_byte, &k_single_byte_charsets[found->index], nullptr};
  }
  for (const CodedLabel& entry : k_coded_labels) {
    if (entry.label == wanted) return {entry.kind, nullptr, nullptr};
  }
  for (const MultiByteLabel& entry : k_multi_byte_labels) {
    if (entry.label == wanted) return {CharsetKind::multi_byte, nullptr, entry.iconv_name};
  }
  return {};
}

CharsetDecoder::CharsetDecoder(Charset charset) noexcept
    : charset_(charset), multi_byte_(iconv_name_of(charset)) {
  const bool is_multi_byte =
      charset.kind == CharsetKind::multi_byte || charset.kind == CharsetKind::iso2022jp;
  if (is_multi_byte && !multi_byte_.is_open()) charset_ = {};
}

void CharsetDecoder::decode_single(Bytes text, std::string& out) const noexcept {
  // No character of these tables takes more than three octets.
  const std::size_t before = out.size();
  out.resize(before + 3 * text.size());
  char* to = out.data() + before;
  while (!text.empty()) {
    const std::size_t plain = bytes::scan().find_high(text.data(), text.size());
    to = std::copy_n(text.begin(), plain, to);
    text = text.subspan(plain);
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= 0x80; ++i) {
      const char32_t code =
          charset_.table != nullptr ? char32_t{charset_.table->upper[text[i] - 0x80u]} : bytes::k_replacement;
      to += bytes::write_utf8(to, code);
    }
    text = text.subspan(i);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::size_t CharsetDecoder::decode_utf8(Bytes text, std::string& out) const noexcept {
  // Only the last three octets can begin a sequence that the end of the piece cuts.
  std::size_t whole = text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const Bytes tail = text.last(back);
    if (tail[0] < 0x80) break;
    if (tail[0] < 0xc0) continue;
    if (bytes::utf8_first(tail).status == bytes::Utf8Status::incomplete &&
        bytes::utf8_first(tail).length == tail.size()) {
      whole -= back;
    }
    break;
  }
  bytes::append_repaired_utf8(out, text.first(whole));
  return whole;
}

std::size_t CharsetDecoder::decode_utf16(Bytes text, std::string& out) noexcept {
  std::size_t i = 0;
  const auto unit = [&](std::size_t at) noexcept {
    const bool is_little = charset_.kind == CharsetKind::utf16le;
    return static_cast<char32_t>(text[at + (is_little ? 1 : 0)] << 8 | text[at + (is_little ? 0 : 1)]);
  };
  for (; i + 2 <= text.size(); i += 2) {
    if (charset_.kind == CharsetKind::utf16) {
      // RFC 2781 4.3: a byte order mark decides; without one it is big-endian.
      charset_.kind = text[i] == 0xff && text[i + 1] == 0xfe ? CharsetKind::utf16le : CharsetKind::utf16be;
      if (unit(i) == 0xfeff) continue;
    }
    const char32_t first = unit(i);
    if (first < 0xd800 || first > 0xdbff) {
      bytes::append_utf8(out, first);
      continue;
    }
    if (i + 4 > text.size()) break;
    const char32_t second = unit(i + 2);
    if (second < 0xdc00 || second > 0xdfff) {
      bytes::append_utf8(out, bytes::k_replacement);
      continue;
    }
    bytes::append_utf8(out, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    i += 2;
  }
  return i;
}

std::size_t CharsetDecoder::decode(Bytes text, std::string& out) noexcept {
  switch (charset_.kind) {
    case CharsetKind::utf8:
      return decode_utf8(text, out);
    case CharsetKind::utf16:
    case CharsetKind::utf16le:
    case CharsetKind::utf16be:
      return decode_utf16(text, out);
    case CharsetKind::multi_byte:
    case CharsetKind::iso2022jp:
      return multi_byte_.decode(text, out);
    case CharsetKind::unknown:
    case CharsetKind::ascii:
    case CharsetKind::single_byte:
      break;
  }
  decode_single(text, out);
  return text.size();
}

void CharsetDecoder::feed(Bytes piece, std::string& out) noexcept {
  if (charset_.kind != CharsetKind::iso2022jp) return feed_plain(piece, out);
  std::string euc;
  iso2022jp_.feed(piece, euc);
  feed_plain(bytes::as_bytes(euc), out);
}

void CharsetDecoder::feed_plain(Bytes piece, std::string& out) noexcept {
  // The held octets are completed one by one until the decoder takes them, then the rest goes through in one
  // go.
  while (held_size_ > 0 && !piece.empty()) {
    held_[held_size_++] = piece[0];
    piece = piece.subspan(1);
    const std::size_t used = decode(Bytes(held_.data(), held_size_), out);
    held_size_ -= used;
    std::memmove(held_.data(), held_.data() + used, held_size_);
  }
  if (piece.empty()) return;
  const std::size_t used = decode(piece, out);
  const Bytes rest = piece.subspan(used);
  std::copy(rest.begin(), rest.end(), held_.begin());
  held_size_ = rest.size();
}

void CharsetDecoder::finish(std::string& out) noexcept {
  std::string euc;
  iso2022jp_.finish(euc);
  feed_plain(bytes::as_bytes(euc), out);
  if (held_size_ > 0) bytes::append_utf8(out, bytes::k_replacement);
  held_size_ = 0;
}

void append_decoded(std::string& out, Bytes text, Charset charset) noexcept {
  CharsetDecoder decoder(charset);
  decoder.feed(text, out);
  decoder.finish(out);
}

}  // namespace tegu::mime
