// Streaming MIME parser (RFC 2045, 2046, 5322): octets in, part table out. Total, linear, constant memory.
//
// The message comes in pieces of any size; the result does not depend on where they are cut. Kept are the
// table, the header being read (at most max_header_bytes) and one started line. Nesting lives in the table,
// not on the stack. Limits never make it fail: a container too deep, and everything behind the last part
// allowed, become one opaque leaf, and is_truncated() says so. Sizes and lines are counted as Dovecot counts
// them: the line end before a delimiter belongs to the delimiter, a delimiter inside a header ends it.
#pragma once

#include <array>
#include <cstdint>

#include "bytes/scan.h"
#include "mime/boundary-set.h"
#include "mime/part-tree.h"

namespace tegu::mime {

/** Hears what the parser finds, in document order. Rows refer to the parser's table. */
class PartVisitor {
 public:
  virtual ~PartVisitor() = default;
  /**
   * A header has ended; its empty line is among the octets if there was one. Every row is told once, the
   * opaque rest of a message with an empty header. Views are valid during the call.
   */
  virtual void on_header(std::uint32_t row, Bytes header, const PartHeader& fields) noexcept = 0;
  /** Octets of a leaf's body as they are in the input, in pieces. */
  virtual void on_body(std::uint32_t row, Bytes octets) noexcept = 0;
  /** A part has ended; its row is final. Children end before their parents. */
  virtual void on_end(std::uint32_t row) noexcept = 0;
};

class MessageParser {
 public:
  /** `lf_to_crlf`: the input has bare LF line ends that stand for CRLF in all offsets, sizes and headers. */
  MessageParser(const ParseLimits& limits, bool lf_to_crlf, PartVisitor& visitor) noexcept;

  /** Takes the next octets of the message. */
  void feed(Bytes octets) noexcept;

  /** Ends the message. Nothing may be fed afterwards. */
  void finish() noexcept;

  [[nodiscard]] const PartTable& parts() const noexcept { return parts_; }
  /** Octets fed, bare LF counted as the offsets count it. */
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return offset_; }
  /** True when a limit has cut structure or header. */
  [[nodiscard]] bool is_truncated() const noexcept { return is_truncated_; }
  /** Steps so far: octets looked at, hashed and compared. Bounded by a small multiple of the input. */
  [[nodiscard]] std::uint64_t work() const noexcept { return work_ + boundaries_.work(); }

 private:
  enum class State : std::uint8_t {
    /** At the begin of a line whose first octets decide: `head_` holds those seen. */
    line_start,
    /** Inside a header line. */
    header_line,
    /** Inside a body, not at the begin of a line that could be a delimiter. */
    body,
    /** Behind a delimiter, up to the end of its line. */
    delimiter_line,
  };

  /** What the octets in `head_` are. */
  enum class Head : std::uint8_t { undecided, empty_line, delimiter, ordinary };

  /** A place in the message: octets and line ends before it. */
  struct Place {
    std::uint64_t offset;
    std::uint64_t lines;
  };

  [[nodiscard]] Place here() const noexcept { return {offset_, lines_}; }
  [[nodiscard]] Place before_line_end() const noexcept;

  // Each takes what it can from the front of the octets and returns how much.
  std::size_t take_line_start(Bytes octets) noexcept;
  std::size_t take_header_line(Bytes octets) noexcept;
  std::size_t take_body(Bytes octets) noexcept;
  std::size_t take_delimiter_line(Bytes octets) noexcept;

  [[nodiscard]] Head judge_head(bool at_line_end, bool at_end) noexcept;
  void take_head_as_text() noexcept;
  void take_lf() noexcept;
  void advance(Bytes octets) noexcept;

  void begin_header_line(std::uint8_t first) noexcept;
  void append_header(Bytes octets) noexcept;
  void append_empty_line(bool has_cr) noexcept;
  void end_header(Place at) noexcept;
  void classify(std::uint32_t row, const PartHeader& fields) noexcept;
  void open_container(std::uint32_t row, const PartHeader& fields) noexcept;
  [[nodiscard]] bool may_contain(const Part& part) const noexcept;

  std::uint32_t add_part(std::int32_t parent) noexcept;
  void begin_part(std::uint32_t multipart) noexcept;
  Place close_current(Place at) noexcept;
  Place close_down_to(std::uint32_t row, Place at) noexcept;
  void enter_delimiter() noexcept;

  void give_body(Bytes octets) noexcept;
  void give_held_line_end() noexcept;

  const ParseLimits limits_;
  const bool lf_to_crlf_;
  PartVisitor& visitor_;

  PartTable parts_;
  /** Last child of each row, line ends before its header and before its body: needed only while it is open.
   */
  struct Open {
    std::int32_t last_child = k_no_row;
    std::uint64_t lines_before_header = 0;
    std::uint64_t lines_before_body = 0;
  };
  std::vector<Open> open_;
  BoundarySet boundaries_;
  std::uint32_t current_ = 0;

  State state_ = State::line_start;
  bool in_header_ = true;
  bool after_cr_ = false;
  bool is_truncated_ = false;
  /** The current field has outgrown the header's limit; the rest of it is skipped. */
  bool field_is_dropped_ = false;
  /** Where the current field begins in `header_`. */
  std::size_t field_start_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t lines_ = 0;
  /** Octets of the line end before the current line, 0 at the begin of the message. */
  std::uint64_t line_end_size_ = 0;
  std::uint64_t work_ = 0;

  std::vector<std::uint8_t> header_;
  std::array<std::uint8_t, k_max_boundary + 8> head_{};
  std::size_t head_size_ = 0;
  BoundaryMatch match_{};
  /** Line end at the end of the body so far: it is body only if no delimiter follows. */
  std::array<std::uint8_t, 2> held_{};
  std::size_t held_size_ = 0;
};

}  // namespace tegu::mime
