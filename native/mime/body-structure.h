// BODY and BODYSTRUCTURE (RFC 9051 7.5.2) from the part table and the headers of its rows.
//
// Each header is turned into its piece of text when it is read, so that no header is kept; sizes and line
// counts are put in at the end. All that is kept stays within a budget: a part that would exceed it is
// described by its bare type. Writing walks the table by its links, without recursion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mime/part-tree.h"

namespace tegu::mime {

class BodyStructure {
 public:
  /** `budget`: octets of descriptions kept, beside a small constant a row. */
  explicit BodyStructure(std::size_t budget) noexcept : budget_(budget) {}

  /**
   * Describes the next row; rows come in order. `header` is needed where `is_message_root`: its envelope
   * belongs to the message/rfc822 part above. False when the budget was exceeded.
   */
  bool add(const Part& part, const PartHeader& fields, Bytes header, bool is_message_root) noexcept;

  /** ENVELOPE of the message, once its header was added. */
  [[nodiscard]] std::string_view envelope() const noexcept;

  /** Appends the structure of the whole message, in the extended form (BODYSTRUCTURE) or the short one
   * (BODY). */
  void write(std::string& out, const PartTable& parts, bool is_extended) const noexcept;

 private:
  /** Where the pieces of a row lie in the text; each ends where the next begins. */
  struct Row {
    /** Leaf and message: type to encoding. Multipart: subtype. */
    std::size_t head;
    /** Extension data. */
    std::size_t tail;
    /** Envelope, empty but for the root of a message. */
    std::size_t envelope;
    std::size_t end;
  };

  void write_head(std::string& out, const Row& row) const noexcept;
  void write_begin(std::string& out, const PartTable& parts, std::size_t row,
                   bool is_extended) const noexcept;
  void write_end(std::string& out, const Part& part, std::size_t row, bool is_extended) const noexcept;

  const std::size_t budget_;
  std::string text_;
  std::vector<Row> rows_;
};

}  // namespace tegu::mime
