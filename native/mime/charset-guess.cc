// Implementation of charset-guess.h: log-likelihood of letters, with penalties for what no Russian text
// shows.
#include "mime/charset-guess.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "bytes/ascii.h"
#include "bytes/scan.h"
#include "bytes/utf8.h"
#include "mime/charset-tables.gen.h"

namespace tegu::mime {
namespace {

/** Eight times the binary logarithm of each letter's frequency in Russian (per mille), U+0430 to U+044F. */
constexpr std::array<int, 32> k_letter_weight = {51, 32, 44, 33, 39, 51, 25, 32, 50, 29, 41,
                                                 44, 40, 49, 54, 38, 44, 46, 48, 38, 13, 27,
                                                 19, 30, 22, 16, 0,  34, 33, 13, 21, 35};
/** Letters of U+0450-U+045F and U+0490-U+0491: io and the neighbours' alphabets. */
constexpr int k_other_letter_weight = 16;
/** Capitals inside a word: likely only where all of it is capitals. */
constexpr int k_capital_penalty = 4;
/** A capital behind a small letter. */
constexpr int k_case_penalty = 60;
/** Box drawing, controls, letters of other scripts. */
constexpr int k_stranger_penalty = 80;

constexpr std::string_view k_candidates[] = {"windows-1251", "koi8-r", "ibm866", "iso-8859-5"};

enum class LetterCase : std::uint8_t { none, small, capital };

struct Letter {
  LetterCase letter_case;
  int weight;
};

Letter letter_of(char32_t code) noexcept {
  if (code >= 0x430 && code <= 0x44f) return {LetterCase::small, k_letter_weight[code - 0x430]};
  if (code >= 0x410 && code <= 0x42f) return {LetterCase::capital, k_letter_weight[code - 0x410]};
  if ((code >= 0x450 && code <= 0x45f) || code == 0x491) return {LetterCase::small, k_other_letter_weight};
  if ((code >= 0x400 && code <= 0x40f) || code == 0x490) return {LetterCase::capital, k_other_letter_weight};
  return {LetterCase::none, 0};
}

/** Signs that stand in Russian text: no-break space, quotation marks, dashes, numero, section, degree. */
bool is_typographic(char32_t code) noexcept {
  return code == 0xa0 || code == 0xab || code == 0xbb || code == 0xa7 || code == 0xb0 || code == 0x2116 ||
         (code >= 0x2010 && code <= 0x2026);
}

int score(Bytes text, const SingleByteCharset& table) noexcept {
  int total = 0;
  LetterCase before = LetterCase::none;
  for (const std::uint8_t octet : text) {
    if (octet < 0x80) {
      before = LetterCase::none;
      continue;
    }
    const char32_t code = table.upper[octet - 0x80u];
    const Letter letter = letter_of(code);
    if (letter.letter_case == LetterCase::none) {
      if (!is_typographic(code)) total -= k_stranger_penalty;
    } else {
      total += letter.weight;
      if (letter.letter_case == LetterCase::capital) {
        if (before == LetterCase::small) total -= k_case_penalty;
        if (before == LetterCase::capital) total -= k_capital_penalty;
      }
    }
    before = letter.letter_case;
  }
  return total;
}

/** Whether most high octets stand beside ASCII letters, as in "Gr\xfc\xdfe". */
bool is_western(Bytes text) noexcept {
  std::size_t mixed = 0;
  std::size_t pure = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] < 0x80) {
      ++i;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && text[i] >= 0x80) ++i;
    const bool touches = (start > 0 && bytes::is_class(text[start - 1], bytes::k_alpha)) ||
                         (i < text.size() && bytes::is_class(text[i], bytes::k_alpha));
    (touches ? mixed : pure) += i - start;
  }
  return mixed > pure;
}

/** Whether the sample is UTF-8 but for a sequence that its end may have cut. */
bool is_utf8_sample(Bytes text) noexcept {
  if (bytes::is_valid_utf8(text)) return true;
  if (text.size() < k_guess_sample) return false;
  for (std::size_t back = 1; back <= 3; ++back) {
    if (bytes::is_valid_utf8(text.first(text.size() - back))) {
      return bytes::utf8_first(text.last(back)).status == bytes::Utf8Status::incomplete;
    }
  }
  return false;
}

}  // namespace

Charset guess_charset(Bytes text) noexcept {
  text = text.first(std::min(text.size(), k_guess_sample));
  if (is_utf8_sample(text)) return find_charset("utf-8");
  if (is_western(text)) return find_charset("windows-1252");
  Charset best;
  int best_score = 0;
  for (const std::string_view name : k_candidates) {
    const Charset candidate = find_charset(name);
    const int candidate_score = score(text, *candidate.table);
    if (best.table == nullptr || candidate_score > best_score) {
      best = candidate;
      best_score = candidate_score;
    }
  }
  return best;
}

void GuessingDecoder::feed(Bytes piece, std::string& out) noexcept {
  if (!decoder_ && sample_.empty()) {
    const std::size_t plain = bytes::scan().find_high(piece.data(), piece.size());
    out.append(bytes::as_text(piece.first(plain)));
    piece = piece.subspan(plain);
  }
  if (!decoder_ && !piece.empty()) {
    const Bytes taken = piece.first(std::min(piece.size(), k_guess_sample - sample_.size()));
    sample_.append(bytes::as_text(taken));
    piece = piece.subspan(taken.size());
    if (sample_.size() == k_guess_sample) decide(out);
  }
  if (!piece.empty()) decoder_->feed(piece, out);
}

void GuessingDecoder::decide(std::string& out) noexcept {
  decoder_.emplace(guess_charset(bytes::as_bytes(sample_)));
  decoder_->feed(bytes::as_bytes(sample_), out);
  sample_ = std::string();
}

void GuessingDecoder::finish(std::string& out) noexcept {
  if (!decoder_ && !sample_.empty()) decide(out);
  if (decoder_) decoder_->finish(out);
  decoder_.reset();
}

}  // namespace tegu::mime
