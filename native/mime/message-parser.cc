// Implementation of message-parser.h. Bodies are skipped from one LF that "--" follows to the next by the
// scan kernel; everything else works line by line.
#include "mime/message-parser.h"

#include <algorithm>
#include <cstring>

#include "bytes/ascii.h"

namespace tegu::mime {
namespace {

/** Kept free in a full header, so that it ends with its empty line. */
constexpr std::size_t k_empty_line_size = 2;

}  // namespace

MessageParser::MessageParser(const ParseLimits& limits, bool lf_to_crlf, PartVisitor& visitor) noexcept
    : limits_(limits), lf_to_crlf_(lf_to_crlf), visitor_(visitor) {
  add_part(k_no_row);
}

void MessageParser::feed(Bytes octets) noexcept {
  while (!octets.empty()) {
    std::size_t taken = 0;
    switch (state_) {
      case State::line_start:
        taken = take_line_start(octets);
        break;
      case State::header_line:
        taken = take_header_line(octets);
        break;
      case State::body:
        taken = take_body(octets);
        break;
      case State::delimiter_line:
        taken = take_delimiter_line(octets);
        break;
    }
    // Each state takes at least one octet or leaves for a state that does.
    work_ += taken + 1;
    octets = octets.subspan(taken);
  }
}

void MessageParser::finish() noexcept {
  if (state_ == State::line_start && head_size_ > 0) {
    if (judge_head(true, true) == Head::delimiter) {
      enter_delimiter();
    } else {
      take_head_as_text();
    }
  }
  give_held_line_end();
  while (in_header_) end_header(here());
  close_current(close_down_to(0, here()));
}

MessageParser::Place MessageParser::before_line_end() const noexcept {
  if (line_end_size_ == 0) return here();
  return {offset_ - line_end_size_, lines_ - 1};
}

/** Counts octets that hold no LF. */
void MessageParser::advance(Bytes octets) noexcept {
  if (octets.empty()) return;
  offset_ += octets.size();
  after_cr_ = octets.back() == '\r';
}

/** Counts one LF and begins a new line. */
void MessageParser::take_lf() noexcept {
  line_end_size_ = after_cr_ || lf_to_crlf_ ? 2 : 1;
  offset_ += after_cr_ ? 1 : line_end_size_;
  lines_ += 1;
  after_cr_ = false;
  state_ = State::line_start;
}

MessageParser::Head MessageParser::judge_head(bool at_line_end, bool at_end) noexcept {
  if (in_header_ && at_line_end && !at_end && (head_size_ == 0 || (head_size_ == 1 && head_[0] == '\r'))) {
    return Head::empty_line;
  }
  if (head_size_ == 0) return at_line_end ? Head::ordinary : Head::undecided;
  if (head_[0] == '\r')
    return in_header_ && head_size_ == 1 && !at_line_end ? Head::undecided : Head::ordinary;
  if (head_[0] != '-' || boundaries_.empty()) return Head::ordinary;
  if (head_size_ == 1) return at_line_end ? Head::ordinary : Head::undecided;
  if (head_[1] != '-') return Head::ordinary;
  if (!at_line_end && head_size_ < 2 + boundaries_.lookahead()) return Head::undecided;
  Bytes line = Bytes(head_).subspan(2, head_size_ - 2);
  if (at_line_end && !line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  return boundaries_.find(line, at_line_end, match_) ? Head::delimiter : Head::ordinary;
}

std::size_t MessageParser::take_line_start(Bytes octets) noexcept {
  std::size_t taken = 0;
  Head head = Head::undecided;
  while (head == Head::undecided && taken < octets.size()) {
    const bool at_line_end = octets[taken] == '\n';
    if (!at_line_end) head_[head_size_++] = octets[taken++];
    head = judge_head(at_line_end, false);
  }
  switch (head) {
    case Head::undecided:
      break;
    case Head::delimiter:
      enter_delimiter();
      break;
    case Head::ordinary:
      take_head_as_text();
      break;
    case Head::empty_line:
      append_empty_line(head_size_ == 1 || lf_to_crlf_);
      advance(Bytes(head_).first(head_size_));
      head_size_ = 0;
      take_lf();
      ++taken;
      end_header(here());
      break;
  }
  return taken;
}

/** The octets gathered begin an ordinary line of the header or body. */
void MessageParser::take_head_as_text() noexcept {
  const Bytes head = Bytes(head_).first(head_size_);
  head_size_ = 0;
  if (in_header_) {
    if (!head.empty()) begin_header_line(head[0]);
    append_header(head);
    state_ = State::header_line;
    advance(head);
  } else {
    state_ = State::body;
    give_held_line_end();
    const bool ends_with_cr = !head.empty() && head.back() == '\r';
    give_body(ends_with_cr ? head.first(head.size() - 1) : head);
    if (ends_with_cr) held_[held_size_++] = '\r';
    advance(head);
  }
}

std::size_t MessageParser::take_header_line(Bytes octets) noexcept {
  const void* const lf = std::memchr(octets.data(), '\n', octets.size());
  const std::size_t size =
      lf == nullptr ? octets.size()
                    : static_cast<std::size_t>(static_cast<const std::uint8_t*>(lf) - octets.data());
  append_header(octets.first(size));
  advance(octets.first(size));
  if (lf == nullptr) return size;
  append_header(octets.subspan(size, 1));
  take_lf();
  return size + 1;
}

/** Gives body octets of a leaf to the visitor; preambles and epilogues are nobody's. */
void MessageParser::give_body(Bytes octets) noexcept {
  if (!octets.empty() && parts_[current_].kind == PartKind::leaf) visitor_.on_body(current_, octets);
}

void MessageParser::give_held_line_end() noexcept {
  const std::size_t size = held_size_;
  held_size_ = 0;
  give_body(Bytes(held_).first(size));
}

std::size_t MessageParser::take_body(Bytes octets) noexcept {
  bytes::LineCount count;
  if (boundaries_.empty()) {
    // Nothing can end this body but the end of the message.
    give_held_line_end();
    bytes::scan().count_lines(octets.data(), octets.size(), after_cr_, count);
    give_body(octets);
    offset_ += octets.size() + (lf_to_crlf_ ? count.bare_lf : 0);
    lines_ += count.lf;
    after_cr_ = octets.back() == '\r';
    return octets.size();
  }
  const std::size_t size = bytes::scan().find_dash_line(octets.data(), octets.size(), after_cr_, count);
  if (size > 0) {
    give_held_line_end();
    // A CR at the end may belong to the line end before a delimiter.
    const bool ends_with_cr = octets[size - 1] == '\r';
    give_body(octets.first(size - (ends_with_cr ? 1 : 0)));
    if (ends_with_cr) held_[held_size_++] = '\r';
    offset_ += size + (lf_to_crlf_ ? count.bare_lf : 0);
    lines_ += count.lf;
    after_cr_ = ends_with_cr;
  }
  if (size == octets.size()) return size;
  // At most one CR is held: more than that has been given above.
  held_[held_size_++] = '\n';
  take_lf();
  return size + 1;
}

std::size_t MessageParser::take_delimiter_line(Bytes octets) noexcept {
  const void* const lf = std::memchr(octets.data(), '\n', octets.size());
  if (lf == nullptr) {
    advance(octets);
    return octets.size();
  }
  const auto size = static_cast<std::size_t>(static_cast<const std::uint8_t*>(lf) - octets.data());
  advance(octets.first(size));
  take_lf();
  if (!match_.is_closing) begin_part(current_);
  return size + 1;
}

/** A delimiter was found at the begin of this line: everything inside its multipart ends. */
void MessageParser::enter_delimiter() noexcept {
  const Place end = before_line_end();
  held_size_ = 0;
  while (in_header_) end_header(end);
  const std::uint32_t multipart = boundaries_.row(match_.index);
  close_down_to(multipart, end);
  boundaries_.shrink(match_.is_closing ? match_.index : match_.index + 1);
  current_ = multipart;
  advance(Bytes(head_).first(head_size_));
  head_size_ = 0;
  state_ = State::delimiter_line;
}

std::uint32_t MessageParser::add_part(std::int32_t parent) noexcept {
  const auto row = static_cast<std::uint32_t>(parts_.size());
  Part& part = parts_.emplace_back();
  open_.emplace_back().lines_before_header = lines_;
  part.parent = parent;
  part.header_start = part.body_start = part.body_end = offset_;
  if (parent != k_no_row) {
    const auto above = static_cast<std::size_t>(parent);
    part.depth = parts_[above].depth + 1;
    const std::int32_t before = open_[above].last_child;
    (before == k_no_row ? parts_[above].first_child : parts_[static_cast<std::size_t>(before)].next_sibling) =
        static_cast<std::int32_t>(row);
    open_[above].last_child = static_cast<std::int32_t>(row);
  }
  current_ = row;
  header_.clear();
  field_start_ = 0;
  field_is_dropped_ = false;
  in_header_ = true;
  return row;
}

/** A part begins behind a delimiter. */
void MessageParser::begin_part(std::uint32_t multipart) noexcept {
  const std::uint32_t row = add_part(static_cast<std::int32_t>(multipart));
  if (parts_.size() < limits_.max_parts) return;
  // E01: the last row allowed takes the rest of the message as it is.
  parts_[row].is_opaque = true;
  open_[row].lines_before_body = lines_;
  is_truncated_ = true;
  in_header_ = false;
  state_ = State::body;
  boundaries_.shrink(0);
  visitor_.on_header(row, {}, PartHeader());
}

/** Ends the current part; the place where the part around it ends at the earliest. */
MessageParser::Place MessageParser::close_current(Place at) noexcept {
  Part& part = parts_[current_];
  const Place body = {part.body_start, open_[current_].lines_before_body};
  // A delimiter right behind the header leaves no line end for itself: the empty line stays with the header.
  const Place end = body.offset > at.offset ? body : at;
  part.body_end = end.offset;
  part.lines = end.lines - body.lines;
  visitor_.on_end(current_);
  return end;
}

/** Ends every open part inside `row`. */
MessageParser::Place MessageParser::close_down_to(std::uint32_t row, Place at) noexcept {
  while (current_ != row) {
    at = close_current(at);
    current_ = static_cast<std::uint32_t>(parts_[current_].parent);
  }
  return at;
}

// A field that does not fit is left out whole: half a field would have half a value, and what follows it may
// be small.
void MessageParser::append_header(Bytes octets) noexcept {
  if (octets.empty() || field_is_dropped_) return;
  const bool adds_cr = lf_to_crlf_ && octets[0] == '\n' && (header_.empty() || header_.back() != '\r');
  if (header_.size() + octets.size() + (adds_cr ? 1 : 0) + k_empty_line_size > limits_.max_header_bytes) {
    field_is_dropped_ = true;
    is_truncated_ = true;
    header_.resize(field_start_);
    return;
  }
  if (adds_cr) header_.push_back('\r');
  header_.insert(header_.end(), octets.begin(), octets.end());
}

void MessageParser::begin_header_line(std::uint8_t first) noexcept {
  // RFC 5322 2.2.3: white space at the begin continues the field.
  if (bytes::is_class(first, bytes::k_wsp)) return;
  field_start_ = header_.size();
  field_is_dropped_ = false;
}

void MessageParser::append_empty_line(bool has_cr) noexcept {
  if (header_.size() + k_empty_line_size > limits_.max_header_bytes) return;
  if (has_cr) header_.push_back('\r');
  header_.push_back('\n');
}

bool MessageParser::may_contain(const Part& part) const noexcept {
  // A multipart takes a row when a part begins. A message takes one at once, and inside a multipart another
  // must stay free for the rest.
  const std::size_t rows = part.kind == PartKind::message && !boundaries_.empty() ? 2 : 1;
  return part.depth < limits_.max_depth && parts_.size() + rows <= limits_.max_parts;
}

/** Sets what the header says about the part, without opening it. */
void MessageParser::classify(std::uint32_t row, const PartHeader& fields) noexcept {
  Part& part = parts_[row];
  part.encoding = fields.encoding();
  if (fields.media_type) {
    const MediaType& type = *fields.media_type;
    const std::string* const boundary = find_parameter(type.parameters, "boundary");
    // RFC 9051 7.5.2: only these two have an envelope and a structure; other message types are leaves (I03).
    if (type.is("message", "rfc822") || type.is("message", "global")) {
      part.kind = PartKind::message;
    } else if (type.is("multipart") && boundary != nullptr && !boundary->empty()) {
      part.kind = PartKind::multipart;
      part.is_digest = type.is("multipart", "digest");
    } else {
      // RFC 2045 5.2: a multipart without a boundary is malformed, and what is malformed is text.
      part.is_text = type.is("text") || type.is("multipart");
    }
    return;
  }
  const bool in_digest = part.parent != k_no_row && parts_[static_cast<std::size_t>(part.parent)].is_digest;
  part.is_message_by_default = in_digest && !fields.has_type_field;
  part.kind = part.is_message_by_default ? PartKind::message : PartKind::leaf;
  part.is_text = !part.is_message_by_default;
}

/** The header has ended at `at`; the body, or the header of the message inside, begins. */
void MessageParser::end_header(Place at) noexcept {
  const std::uint32_t row = current_;
  if (at.offset < parts_[row].header_start) at = {parts_[row].header_start, open_[row].lines_before_header};
  parts_[row].body_start = parts_[row].body_end = at.offset;
  open_[row].lines_before_body = at.lines;
  in_header_ = false;
  PartHeader fields;
  read_part_header(header_, fields);
  work_ += header_.size();
  classify(row, fields);
  Part& part = parts_[row];
  if (part.kind != PartKind::leaf && !may_contain(part)) {
    part.kind = PartKind::leaf;
    part.is_opaque = true;
    is_truncated_ = true;
  }
  visitor_.on_header(row, header_, fields);
  open_container(row, fields);
}

void MessageParser::open_container(std::uint32_t row, const PartHeader& fields) noexcept {
  if (parts_[row].kind == PartKind::multipart) {
    std::string_view boundary = *find_parameter(fields.media_type->parameters, "boundary");
    // RFC 2046 5.1.1: a boundary does not end with white space; what does was padded.
    const std::size_t end = boundary.find_last_not_of(" \t");
    boundary = end == std::string_view::npos ? boundary : boundary.substr(0, end + 1);
    boundaries_.push(boundary, row);
  } else if (parts_[row].kind == PartKind::message) {
    const Place start = {parts_[row].body_start, open_[row].lines_before_body};
    const std::uint32_t inner = add_part(static_cast<std::int32_t>(row));
    Part& part = parts_[inner];
    part.header_start = part.body_start = part.body_end = start.offset;
    open_[inner].lines_before_header = start.lines;
  }
}

}  // namespace tegu::mime
