// Streaming quoted-printable decoder (RFC 2045 6.7), total over any input.
//
// Soft line breaks vanish, white space before a line end is dropped (rule 3), hexadecimal digits may be lower
// case. A
// `=` that begins neither stands for itself, as the RFC advises. A run of white space longer than k_max_run
// is no transport padding: all but its last piece is kept, so that the memory needed does not depend on the
// peer. The result does not depend on how the input is split.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bytes/view.h"

namespace tegu::bytes {

class QuotedPrintableDecoder {
 public:
  /** White space held back until the octet after it is known. */
  static constexpr std::size_t k_max_run = 250;

  /** With `lf_to_crlf` a line end of the text that is a bare LF comes out as CRLF. */
  explicit QuotedPrintableDecoder(bool lf_to_crlf = false) noexcept : lf_to_crlf_(lf_to_crlf) {}

  /** Room that feed() and finish() may need for `size` octets of input. */
  static constexpr std::size_t max_output(std::size_t size) noexcept { return 2 * size + k_max_run + 4; }

  /** Decodes the next piece to `out` and returns the octets written; with a null `out` it only counts. */
  std::size_t feed(Bytes input, std::uint8_t* out) noexcept;

  /** Ends the text as at a line end; the decoder is then as new. */
  std::size_t finish(std::uint8_t* out) noexcept;

 private:
  enum class State : std::uint8_t { text, equals, digit };

  void put(std::uint8_t octet) noexcept;
  void put(Bytes octets) noexcept;
  void put_held() noexcept;
  void step(std::uint8_t octet) noexcept;
  bool step_text(std::uint8_t octet) noexcept;
  bool step_equals(std::uint8_t octet) noexcept;
  const std::uint8_t* take_escapes(const std::uint8_t* in, const std::uint8_t* end) noexcept;
  const std::uint8_t* take_run(const std::uint8_t* in, const std::uint8_t* end) noexcept;

  const bool lf_to_crlf_;
  State state_ = State::text;
  /** In state digit: the first of the two digits. */
  std::uint8_t digit_ = 0;
  /** CR seen after the held white space. */
  bool held_cr_ = false;
  std::size_t held_ = 0;
  std::uint8_t held_space_[k_max_run] = {};
  std::uint8_t* out_ = nullptr;
  std::size_t written_ = 0;
};

}  // namespace tegu::bytes
