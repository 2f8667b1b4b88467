// Implementation of encoded-word.h: finds words, gathers the octets of neighbours, decodes each such run
// once.
#include "mime/encoded-word.h"

#include <optional>

#include "bytes/ascii.h"
#include "bytes/base64.h"
#include "bytes/scan.h"
#include "bytes/utf8.h"
#include "mime/charset-guess.h"
#include "mime/header-field.h"

namespace tegu::mime {

using bytes::is_class;
using bytes::k_wsp;

namespace {

constexpr std::size_t k_max_charset_label = 64;

/** One encoded word: its parts as views of the text. */
struct EncodedWord {
  Charset charset;
  bool is_base64 = false;
  std::string_view payload;
  std::size_t end = 0;
};

/** Finds words in a text from front to back; the search for "?=" is shared, so that all of it is linear. */
class WordFinder {
 public:
  explicit WordFinder(std::string_view text) noexcept : text_(text) {}

  /** The word that begins at `start`, where "=?" stands. */
  std::optional<EncodedWord> word_at(std::size_t start) noexcept {
    const std::size_t label_start = start + 2;
    const std::size_t label_end = text_.substr(0, label_start + k_max_charset_label).find('?', label_start);
    if (label_end == std::string_view::npos || label_end + 2 >= text_.size()) return std::nullopt;
    const char encoding = bytes::ascii_lower(text_[label_end + 1]);
    if ((encoding != 'b' && encoding != 'q') || text_[label_end + 2] != '?') return std::nullopt;
    const std::size_t payload_start = label_end + 3;
    const std::size_t payload_end = terminator_after(payload_start);
    if (payload_end == std::string_view::npos) return std::nullopt;
    EncodedWord word;
    // RFC 2231 5: charset*language
    std::string_view label = text_.substr(label_start, label_end - label_start);
    label = label.substr(0, label.find('*'));
    word.charset = find_charset(label);
    if (word.charset.kind == CharsetKind::unknown) return std::nullopt;
    word.is_base64 = encoding == 'b';
    word.payload = text_.substr(payload_start, payload_end - payload_start);
    word.end = payload_end + 2;
    return word;
  }

 private:
  std::size_t terminator_after(std::size_t from) noexcept {
    if (next_terminator_ != std::string_view::npos && next_terminator_ < from) {
      next_terminator_ = text_.find("?=", from);
    }
    return next_terminator_;
  }

  std::string_view text_;
  /** First "?=" at or behind the last place asked for. */
  std::size_t next_terminator_ = 0;
};

/** Appends the octets that a word encodes (RFC 2047 4). */
void append_payload(std::string& octets, const EncodedWord& word) noexcept {
  if (word.is_base64) {
    bytes::Base64Decoder decoder;
    const std::size_t before = octets.size();
    octets.resize(before + bytes::Base64Decoder::max_output(word.payload.size()));
    auto* const room = reinterpret_cast<std::uint8_t*>(octets.data() + before);
    std::size_t size = decoder.feed(bytes::as_bytes(word.payload), room);
    size += decoder.finish(room + size);
    octets.resize(before + size);
    return;
  }
  const std::string_view payload = word.payload;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const int high =
        i + 2 < payload.size() ? bytes::hex_value(static_cast<std::uint8_t>(payload[i + 1])) : -1;
    const int low = high < 0 ? -1 : bytes::hex_value(static_cast<std::uint8_t>(payload[i + 2]));
    if (payload[i] == '=' && low >= 0) {
      octets.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      octets.push_back(payload[i] == '_' ? ' ' : payload[i]);
    }
  }
}

/** Appends decoded text without the controls that would break a line or end a string. */
void append_clean(std::string& out, std::string_view text) noexcept {
  for (const char c : text) {
    if (c == '\r' || c == '\n') {
      out.push_back(' ');
    } else if (c == '\0') {
      bytes::append_utf8(out, bytes::k_replacement);
    } else {
      out.push_back(c);
    }
  }
}

// One broken character in good UTF-8 is more likely than another charset.
bool is_mostly_utf8(Bytes octets) noexcept {
  constexpr std::size_t k_too_few_to_tell = 4;
  std::size_t high = 0;
  std::size_t broken = 0;
  while (!octets.empty()) {
    const bytes::Utf8Step step = bytes::utf8_first(octets);
    if (octets[0] >= 0x80) high += step.length;
    if (step.status != bytes::Utf8Status::ok) ++broken;
    octets = octets.subspan(step.length);
  }
  return high < k_too_few_to_tell || broken * 4 <= high;
}

// The label is not believed against the octets: US-ASCII and UTF-8 that are neither, and Latin-1 that is
// valid UTF-8, are the marks of a mailer that only wrote its default.
Charset believable(Charset labelled, Bytes octets) noexcept {
  const bool is_plain = bytes::scan().find_high(octets.data(), octets.size()) == octets.size();
  if (is_plain) return labelled;
  if (labelled.kind == CharsetKind::ascii) return guess_charset(octets);
  if (labelled.kind == CharsetKind::utf8) return is_mostly_utf8(octets) ? labelled : guess_charset(octets);
  const bool is_western = labelled == find_charset("iso-8859-1") || labelled == find_charset("windows-1252");
  if (is_western && bytes::is_valid_utf8(octets)) return find_charset("utf-8");
  return labelled;
}

/** Octets of neighbouring words in one charset, decoded together. */
class WordRun {
 public:
  explicit WordRun(std::string& out) noexcept : out_(out) {}

  void add(const EncodedWord& word) noexcept {
    if (!octets_.empty() && !(word.charset == charset_)) flush();
    charset_ = word.charset;
    append_payload(octets_, word);
  }

  void flush() noexcept {
    if (octets_.empty()) return;
    std::string decoded;
    append_decoded(decoded, bytes::as_bytes(octets_), believable(charset_, bytes::as_bytes(octets_)));
    append_clean(out_, decoded);
    octets_.clear();
  }

 private:
  std::string& out_;
  Charset charset_;
  std::string octets_;
};

/** The charset for raw octets of a text. */
Charset raw_charset_of(Bytes text, Charset hint) noexcept {
  if (bytes::is_valid_utf8(text)) return find_charset("utf-8");
  const bool is_useful =
      hint.kind != CharsetKind::unknown && hint.kind != CharsetKind::ascii && hint.kind != CharsetKind::utf8;
  return is_useful ? hint : guess_charset(text);
}

}  // namespace

void append_raw_text(std::string& out, Bytes text, Charset charset) noexcept {
  std::string decoded;
  append_decoded(decoded, text, raw_charset_of(text, charset));
  append_clean(out, decoded);
}

void append_header_text(std::string& out, Bytes value, Charset raw_charset) noexcept {
  std::string unfolded;
  append_unfolded(unfolded, value);
  const std::string_view text = unfolded;
  const Charset raw = raw_charset_of(bytes::as_bytes(text), raw_charset);
  const auto append_raw = [&](std::string_view piece) noexcept {
    std::string decoded;
    append_decoded(decoded, bytes::as_bytes(piece), raw);
    append_clean(out, decoded);
  };
  WordFinder finder(text);
  WordRun run(out);
  std::size_t plain_start = 0;
  bool after_word = false;
  for (std::size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?", at)) {
    const auto word = finder.word_at(at);
    if (!word) {
      at += 2;
      continue;
    }
    const std::string_view between = text.substr(plain_start, at - plain_start);
    // RFC 2047 6.2: white space between two words is not part of the text.
    if (!after_word || between.find_first_not_of(" \t") != std::string_view::npos) {
      run.flush();
      append_raw(between);
    }
    run.add(*word);
    at = plain_start = word->end;
    after_word = true;
  }
  run.flush();
  append_raw(text.substr(plain_start));
}

}  // namespace tegu::mime
