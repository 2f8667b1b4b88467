// Implementation of quoted-printable.h: runs of plain text are copied whole; the state machine sees only `=`,
// line ends, and the white space before them.
#include "bytes/quoted-printable.h"

#include <algorithm>
#include <cstring>

#include "bytes/ascii.h"
#include "bytes/scan.h"

namespace tegu::bytes {

void QuotedPrintableDecoder::put(std::uint8_t octet) noexcept {
  if (out_ != nullptr) out_[written_] = octet;
  ++written_;
}

void QuotedPrintableDecoder::put(Bytes octets) noexcept {
  if (out_ != nullptr && !octets.empty()) std::memcpy(out_ + written_, octets.data(), octets.size());
  written_ += octets.size();
}

void QuotedPrintableDecoder::put_held() noexcept {
  put(Bytes(held_space_, held_));
  held_ = 0;
  if (held_cr_) put('\r');
  held_cr_ = false;
}

// One octet after plain text. False: look at the octet again, in the new state.
bool QuotedPrintableDecoder::step_text(std::uint8_t octet) noexcept {
  if (octet == '\n') {
    held_ = 0;
    if (held_cr_ || lf_to_crlf_) put('\r');
    held_cr_ = false;
    put('\n');
    return true;
  }
  if (is_class(octet, k_wsp) && !held_cr_ && held_ < k_max_run) {
    held_space_[held_++] = octet;
    return true;
  }
  if (octet == '\r' && !held_cr_) {
    held_cr_ = true;
    return true;
  }
  if (held_ > 0 || held_cr_) {
    put_held();
    return false;
  }
  if (octet == '=') {
    state_ = State::equals;
  } else {
    put(octet);
  }
  return true;
}

// One octet after `=` and the white space behind it.
bool QuotedPrintableDecoder::step_equals(std::uint8_t octet) noexcept {
  if (octet == '\n') {
    held_ = 0;
    held_cr_ = false;
    state_ = State::text;
    return true;
  }
  if (held_ == 0 && !held_cr_ && hex_value(octet) >= 0) {
    digit_ = octet;
    state_ = State::digit;
    return true;
  }
  if (is_class(octet, k_wsp) && !held_cr_ && held_ < k_max_run) {
    held_space_[held_++] = octet;
    return true;
  }
  if (octet == '\r' && !held_cr_) {
    held_cr_ = true;
    return true;
  }
  put('=');
  put_held();
  state_ = State::text;
  return false;
}

void QuotedPrintableDecoder::step(std::uint8_t octet) noexcept {
  for (bool done = false; !done;) {
    if (state_ == State::text) {
      done = step_text(octet);
    } else if (state_ == State::equals) {
      done = step_equals(octet);
    } else {
      const int low = hex_value(octet);
      state_ = State::text;
      if (low >= 0) {
        put(static_cast<std::uint8_t>(hex_value(digit_) * 16 + low));
        done = true;
      } else {
        put('=');
        put(digit_);
      }
    }
  }
}

// Copies plain text up to the next `=`, LF or end, without the white space and CR that may stand before a
// line end.
const std::uint8_t* QuotedPrintableDecoder::take_run(const std::uint8_t* in,
                                                     const std::uint8_t* end) noexcept {
  const std::uint8_t* stop = in + find_any(Bytes(in, end), '=', '\n');
  if (stop != end && *stop == '=') {
    put(Bytes(in, stop));
    return stop;
  }
  while (stop != in && is_class(stop[-1], k_wsp | k_line_end)) --stop;
  put(Bytes(in, stop));
  return stop;
}

// Takes "=XX" after "=XX": text that is not ASCII is made of little else.
const std::uint8_t* QuotedPrintableDecoder::take_escapes(const std::uint8_t* in,
                                                         const std::uint8_t* end) noexcept {
  while (end - in >= 3 && in[0] == '=') {
    const int high = hex_value(in[1]);
    const int low = hex_value(in[2]);
    if (high < 0 || low < 0) break;
    put(static_cast<std::uint8_t>(high * 16 + low));
    in += 3;
  }
  return in;
}

std::size_t QuotedPrintableDecoder::feed(Bytes input, std::uint8_t* out) noexcept {
  out_ = out;
  written_ = 0;
  const std::uint8_t* in = input.data();
  const std::uint8_t* const end = in + input.size();
  while (in != end) {
    if (state_ == State::text && held_ == 0 && !held_cr_) {
      in = take_escapes(take_run(in, end), end);
      if (in == end) break;
      // More plain text behind the escapes.
      if (!is_class(*in, k_wsp | k_line_end) && *in != '=') continue;
    }
    step(*in++);
  }
  return written_;
}

std::size_t QuotedPrintableDecoder::finish(std::uint8_t* out) noexcept {
  out_ = out;
  written_ = 0;
  // The line end that belongs to a boundary is not part of the text, so "=" may be the last octet of a soft
  // break.
  if (state_ == State::text && held_cr_) put('\r');
  if (state_ == State::digit) {
    put('=');
    put(digit_);
  }
  state_ = State::text;
  held_ = 0;
  held_cr_ = false;
  return written_;
}

}  // namespace tegu::bytes
