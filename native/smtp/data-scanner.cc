// Implementation of data-scanner.h. Line ends are found with native/bytes; only octets at the start and the
// end of lines go through the state machine, so an octet costs one vector search for CR, LF and NUL and one
// for 8-bit.
#include "smtp/data-scanner.h"

#include <algorithm>

#include "bytes/ascii.h"
#include "bytes/scan.h"

namespace tegu::smtp {
namespace {

constexpr std::string_view k_cr = "\r";
constexpr std::string_view k_lf = "\n";
constexpr std::string_view k_crlf = "\r\n";

constexpr std::string_view k_received = "received";
constexpr std::uint8_t k_no_match = 0xff;

}  // namespace

bool DataScanner::next(DataChunk& chunk, DataRun& run) noexcept {
  run = {{}, chunk.at_, chunk.at_};
  if (chunk.at_ == chunk.input_.size() || state_ == State::done) return false;
  begin(chunk, run);
  extend(chunk);
  run.end = chunk.at_;
  // Once a chunk, however many runs it has: what is not passed on is never 8-bit.
  const bool is_last = chunk.at_ == chunk.input_.size() || state_ == State::done;
  if (is_last && !facts_.eight_bit) {
    facts_.eight_bit = bytes::scan().find_high(chunk.input_.data(), chunk.at_) != chunk.at_;
  }
  return true;
}

bool DataScanner::is_dot_next(const DataChunk& chunk) const noexcept {
  return dotted_ && state_ == State::line_start && chunk.input_[chunk.at_] == '.';
}

// Settles what the run before left open: sets run.lead, and run.start behind octets that are not passed on.
void DataScanner::begin(DataChunk& chunk, DataRun& run) noexcept {
  const bool is_lf = chunk.input_[chunk.at_] == '\n';
  if (state_ == State::cr) {
    if (!is_lf) {
      take_bare('\r');
      if (rewrite_) run.lead = k_lf;
      return;
    }
    ++chunk.at_;
    end_line();
    state_ = State::line_start;
    return;
  }
  if (is_dot_next(chunk)) {
    state_ = State::dot;
    run.start = ++chunk.at_;
  }
  if (state_ == State::dot || state_ == State::dot_cr) {
    begin_after_dot(chunk, run);
  } else if (is_lf && rewrite_) {
    run.lead = k_cr;
    ++chunk.at_;
    take_bare('\n');
  }
}

// RFC 5321 4.5.2: a dot alone on a line ends the data; before anything else on the line it is removed.
void DataScanner::begin_after_dot(DataChunk& chunk, DataRun& run) noexcept {
  const bytes::Bytes input = chunk.input_;
  if (chunk.at_ == input.size()) return;
  if (state_ == State::dot) {
    if (input[chunk.at_] != '\r') {
      state_ = State::in_line;
      if (!rewrite_ || input[chunk.at_] != '\n') return;
      run.lead = k_cr;
      ++chunk.at_;
      take_bare('\n');
      return;
    }
    state_ = State::dot_cr;
    run.start = ++chunk.at_;
    if (chunk.at_ == input.size()) return;
  }
  if (input[chunk.at_] == '\n') {
    run.start = ++chunk.at_;
    state_ = State::done;
    return;
  }
  run.lead = rewrite_ ? k_crlf : k_cr;
  take_bare('\r');
}

// Takes octets that are passed on as they are, as far as that goes.
void DataScanner::extend(DataChunk& chunk) noexcept {
  const bytes::Bytes input = chunk.input_;
  const auto find_any = bytes::scan().find_any;
  while (chunk.at_ < input.size() && state_ != State::done && !is_dot_next(chunk)) {
    // Left to begin(); said here too because a search for the octet at hand is dear when every octet is one.
    if (rewrite_ && input[chunk.at_] == '\n') return;
    // Once a NUL is known, no search stops at the next ones.
    const std::uint8_t nul = facts_.nul ? std::uint8_t{'\n'} : std::uint8_t{0};
    const std::size_t size = input.size() - chunk.at_;
    const std::size_t stop = find_any(input.data() + chunk.at_, size, {{'\r', '\n', nul, nul}});
    if (stop > 0) take_content(input.subspan(chunk.at_, stop));
    chunk.at_ += stop;
    if (stop == size || !take_stop(chunk)) return;
  }
}

// Takes the CR, LF or NUL that comes next. False when the output differs from the input here: a bare LF is
// then left to begin(), for it follows a CR that the input lacks.
bool DataScanner::take_stop(DataChunk& chunk) noexcept {
  const bytes::Bytes input = chunk.input_;
  const std::uint8_t octet = input[chunk.at_];
  if (octet == '\n' && rewrite_) return false;
  ++chunk.at_;
  if (octet == '\n') {
    take_bare('\n');
  } else if (octet == 0) {
    facts_.nul = true;
    take_content(input.subspan(chunk.at_ - 1, 1));
  } else if (chunk.at_ == input.size()) {
    state_ = State::cr;
  } else if (input[chunk.at_] == '\n') {
    ++chunk.at_;
    end_line();
    state_ = State::line_start;
  } else if (rewrite_) {
    state_ = State::cr;
    return false;
  } else {
    take_bare('\r');
  }
  return true;
}

void DataScanner::take_content(bytes::Bytes octets) noexcept {
  state_ = State::in_line;
  line_length_ += octets.size();
  if (in_header_ && matched_ != k_no_match) match_name(octets);
}

// A CR or LF outside of CRLF. What follows is not at the start of a line: its dots stay.
void DataScanner::take_bare(std::uint8_t octet) noexcept {
  (octet == '\r' ? facts_.bare_cr : facts_.bare_lf) = true;
  if (rewrite_) {
    end_line();
  } else {
    ++line_length_;
    matched_ = k_no_match;
  }
  state_ = State::in_line;
}

// RFC 5322 4.5: obsolete syntax allows white space before the colon; a loop must not hide behind it.
void DataScanner::match_name(bytes::Bytes octets) noexcept {
  for (const std::uint8_t octet : octets) {
    if (matched_ < k_received.size()) {
      const bool same = bytes::ascii_lower(static_cast<char>(octet)) == k_received[matched_];
      matched_ = same ? static_cast<std::uint8_t>(matched_ + 1) : k_no_match;
    } else if (octet == ':') {
      ++facts_.received_count;
      matched_ = k_no_match;
    } else if (!bytes::is_class(octet, bytes::k_wsp)) {
      matched_ = k_no_match;
    }
    if (matched_ == k_no_match) return;
  }
}

void DataScanner::end_line() noexcept {
  facts_.longest_line = std::max(facts_.longest_line, line_length_);
  if (line_length_ == 0) in_header_ = false;
  line_length_ = 0;
  matched_ = 0;
}

DataFacts DataScanner::facts(bool at_end) const noexcept {
  DataFacts facts = facts_;
  const bool ends_bare = at_end && state_ == State::cr;
  if (ends_bare) facts.bare_cr = true;
  const std::uint64_t open_line = line_length_ + (ends_bare && !rewrite_ ? 1 : 0);
  facts.longest_line = std::max(facts.longest_line, open_line);
  return facts;
}

}  // namespace tegu::smtp
