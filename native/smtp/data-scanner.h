// Scanner of message content in SMTP: end of data, dot removal and line facts (RFC
// 5321 2.3.8, 4.1.1.4, 4.5.2).
//
// There is one definition of a line, for the end of data and for dot removal alike: a line begins at the
// start of the data and after each CRLF, and nowhere else. A CR or LF outside a CRLF is an octet of its line,
// so <LF>.<LF>, <LF>.<CRLF>, <CR>.<CR> and the like neither end the data nor lose their dot (SMTP smuggling:
// S01, S02). Mode `refuse` passes such octets on unchanged and reports them; the caller reads to the end and
// answers 5xx. Mode `normalise` makes each a CRLF in the output, after the dot rules were applied to the
// input. Its output may therefore hold a line of a lone dot, from <LF>.<LF>; that is content like any other,
// which every sender stuffs again (4.5.2), and there is no bare CR or LF left that a later hop could read
// differently.
//
// The scanner never looks back or ahead: any split of the input into chunks gives the same output and facts.
// It is a pull machine that allocates nothing: next() yields runs of the chunk itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bytes/view.h"

namespace tegu::smtp {

enum class BareLineEnd : std::uint8_t { refuse = 0, normalise = 1 };

/** What is known of the content so far. Lines are those of the output, without their CRLF. */
struct DataFacts {
  bool bare_cr = false;
  bool bare_lf = false;
  bool nul = false;
  bool eight_bit = false;
  std::uint64_t longest_line = 0;
  /** Fields named Received in the header, that is before the first empty line (RFC 5321 6.3). */
  std::uint64_t received_count = 0;
};

/** Octets of input that are being scanned. */
class DataChunk {
 public:
  explicit DataChunk(bytes::Bytes input) noexcept : input_(input) {}

  /** Octets used so far. When the end of data was found the rest belongs to the next command. */
  [[nodiscard]] std::size_t consumed() const noexcept { return at_; }

 private:
  friend class DataScanner;

  bytes::Bytes input_;
  std::size_t at_ = 0;
};

/** Next octets of the output: `lead`, then input[start, end). Both may be empty. */
struct DataRun {
  /** "", CR, LF or CRLF; octets that the input lacks or that were held back at the end of an earlier chunk.
   */
  std::string_view lead;
  std::size_t start = 0;
  std::size_t end = 0;
};

class DataScanner {
 public:
  /** `dotted`: DATA; otherwise BDAT, whose octets pass unchanged and have no end mark: only facts are
   * gathered. */
  DataScanner(BareLineEnd mode, bool dotted) noexcept
      : dotted_(dotted), rewrite_(dotted && mode == BareLineEnd::normalise) {}

  /**
   * Takes octets of `chunk` up to the next place at which the output is not the input. False when there is
   * nothing more: the chunk is used up, or the end of data was found (is_done). Each call that is true uses
   * an octet.
   */
  [[nodiscard]] bool next(DataChunk& chunk, DataRun& run) noexcept;

  /** True after CRLF.CRLF; the CRLF before the dot is part of the output. next() then uses no more octets. */
  [[nodiscard]] bool is_done() const noexcept { return state_ == State::done; }

  /** Of all chunks that were used up. `at_end`: nothing follows (last BDAT chunk), so that a CR at the very
   * end is known to be bare. */
  [[nodiscard]] DataFacts facts(bool at_end) const noexcept;

 private:
  enum class State : std::uint8_t {
    line_start,
    /** Behind an octet of a line. */
    in_line,
    /** Behind a CR that has been passed on. */
    cr,
    /** Behind a dot at the start of a line. It is not passed on, whatever follows. */
    dot,
    /** Behind such a dot and a CR that is held back: the only octet that ever is. */
    dot_cr,
    done,
  };

  void begin(DataChunk& chunk, DataRun& run) noexcept;
  void begin_after_dot(DataChunk& chunk, DataRun& run) noexcept;
  void extend(DataChunk& chunk) noexcept;
  [[nodiscard]] bool take_stop(DataChunk& chunk) noexcept;
  [[nodiscard]] bool is_dot_next(const DataChunk& chunk) const noexcept;
  void take_content(bytes::Bytes octets) noexcept;
  void take_bare(std::uint8_t octet) noexcept;
  void match_name(bytes::Bytes octets) noexcept;
  void end_line() noexcept;

  State state_ = State::line_start;
  bool dotted_;
  /** Bare CR and LF become CRLF. */
  bool rewrite_;
  bool in_header_ = true;
  /** Octets of the field name matched on this line, or k_no_match. */
  std::uint8_t matched_ = 0;
  std::uint64_t line_length_ = 0;
  DataFacts facts_;
};

}  // namespace tegu::smtp
