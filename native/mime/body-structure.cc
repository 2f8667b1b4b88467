// Implementation of body-structure.h.
#include "mime/body-structure.h"

#include "bytes/ascii.h"
#include "mime/envelope.h"
#include "mime/imap-text.h"

namespace tegu::mime {
namespace {

// RFC 9051 9 (body-type-mpart): a multipart has at least one part; where there is none an empty text stands
// for it.
constexpr const char* k_empty_part = R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)";
constexpr const char* k_no_extensions = " NIL NIL NIL NIL";
constexpr const char* k_opaque_type = R"("application" "octet-stream")";

void append_nstring(std::string& out, const std::optional<std::string>& text) noexcept {
  if (text) {
    append_imap_string(out, *text);
  } else {
    out.append("NIL");
  }
}

/** Parameters as a list; a text part without charset shows the default (RFC 2045 5.2). */
void append_parameters(std::string& out, const ParameterList& given, bool wants_charset) noexcept {
  const ParameterList parameters = joined_parameters(given);
  wants_charset = wants_charset && find_parameter(parameters, "charset") == nullptr;
  if (parameters.empty() && !wants_charset) {
    out.append("NIL");
    return;
  }
  char separator = '(';
  for (const Parameter& parameter : parameters) {
    out.push_back(separator);
    append_imap_string(out, parameter.name);
    out.push_back(' ');
    append_imap_string(out, parameter.value);
    separator = ' ';
  }
  if (wants_charset) {
    out.push_back(separator);
    out.append(R"("charset" "us-ascii")");
  }
  out.push_back(')');
}

/** Type, parameters, id, description and encoding of a part that is no multipart. */
void append_leaf_head(std::string& out, const Part& part, const PartHeader& fields) noexcept {
  static const ParameterList k_none;
  // A multipart that is text for want of a boundary keeps no part of its type.
  const bool has_type = fields.media_type && !(part.is_text && !fields.media_type->is("text"));
  if (part.is_opaque) {
    out.append(k_opaque_type);
  } else if (has_type) {
    append_imap_string(out, fields.media_type->type);
    out.push_back(' ');
    append_imap_string(out, fields.media_type->subtype);
  } else {
    out.append(part.is_message_by_default ? R"("message" "rfc822")" : R"("text" "plain")");
  }
  out.push_back(' ');
  append_parameters(out, has_type ? fields.media_type->parameters : k_none, part.is_text);
  out.push_back(' ');
  append_nstring(out, fields.id);
  out.push_back(' ');
  append_nstring(out, fields.description);
  out.push_back(' ');
  append_imap_string(out, fields.encoding_token ? *fields.encoding_token : "7bit");
}

/** Disposition, language and location, each with a space before. */
void append_extensions(std::string& out, const PartHeader& fields) noexcept {
  if (fields.disposition) {
    out.append(" (");
    append_imap_string(out, fields.disposition->type);
    out.push_back(' ');
    append_parameters(out, fields.disposition->parameters, false);
    out.push_back(')');
  } else {
    out.append(" NIL");
  }
  char separator = '(';
  out.push_back(' ');
  for (const std::string& language : fields.languages) {
    out.push_back(separator);
    append_imap_string(out, language);
    separator = ' ';
  }
  out.append(fields.languages.empty() ? "NIL" : ")");
  out.push_back(' ');
  append_nstring(out, fields.location);
}

/** What is said of a part whose full description does not fit. */
void append_bare_head(std::string& out, const Part& part) noexcept {
  if (part.kind == PartKind::multipart) {
    out.append(R"("mixed")");
  } else if (part.kind == PartKind::message) {
    out.append(R"("message" "rfc822" NIL NIL NIL "7bit")");
  } else if (part.is_text) {
    out.append(R"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit")");
  } else {
    out.append(k_opaque_type).append(R"( NIL NIL NIL "7bit")");
  }
}

}  // namespace

bool BodyStructure::add(const Part& part, const PartHeader& fields, Bytes header,
                        bool is_message_root) noexcept {
  Row row{};
  const std::size_t start = row.head = text_.size();
  bool fits = true;
  if (part.kind == PartKind::multipart) {
    append_imap_string(text_, fields.media_type->subtype);
    row.tail = text_.size();
    text_.push_back(' ');
    append_parameters(text_, fields.media_type->parameters, false);
  } else {
    append_leaf_head(text_, part, fields);
    row.tail = text_.size();
    text_.push_back(' ');
    append_nstring(text_, fields.md5);
  }
  append_extensions(text_, fields);
  if (text_.size() > budget_) {
    fits = false;
    text_.resize(start);
    append_bare_head(text_, part);
    row.tail = text_.size();
    text_.append(k_no_extensions);
  }
  row.envelope = text_.size();
  if (is_message_root) {
    const std::size_t left = budget_ > text_.size() ? budget_ - text_.size() : 0;
    fits = append_envelope(text_, header, left) && fits;
    if (text_.size() > budget_) {
      fits = false;
      text_.resize(row.envelope);
      text_.append(k_empty_envelope);
    }
  }
  row.end = text_.size();
  rows_.push_back(row);
  return fits;
}

std::string_view BodyStructure::envelope() const noexcept {
  if (rows_.empty()) return k_empty_envelope;
  return std::string_view(text_).substr(rows_[0].envelope, rows_[0].end - rows_[0].envelope);
}

void BodyStructure::write_head(std::string& out, const Row& row) const noexcept {
  out.append(text_, row.head, row.tail - row.head);
}

// Everything up to the parts inside.
void BodyStructure::write_begin(std::string& out, const PartTable& parts, std::size_t row,
                                bool is_extended) const noexcept {
  const Part& part = parts[row];
  out.push_back('(');
  if (part.kind == PartKind::multipart) {
    if (part.first_child == k_no_row) {
      out.append(k_empty_part).append(is_extended ? k_no_extensions : "").push_back(')');
    }
    return;
  }
  write_head(out, rows_[row]);
  out.push_back(' ');
  append_number(out, part.size());
  if (part.kind == PartKind::message) {
    const Row& inner = rows_[static_cast<std::size_t>(part.first_child)];
    out.push_back(' ');
    out.append(text_, inner.envelope, inner.end - inner.envelope);
    out.push_back(' ');
  }
}

// Everything behind the parts inside.
void BodyStructure::write_end(std::string& out, const Part& part, std::size_t row,
                              bool is_extended) const noexcept {
  if (part.kind == PartKind::multipart) {
    out.push_back(' ');
    write_head(out, rows_[row]);
  } else if (part.kind == PartKind::message || (part.is_text && !part.is_opaque)) {
    out.push_back(' ');
    append_number(out, part.lines);
  }
  if (is_extended) out.append(text_, rows_[row].tail, rows_[row].envelope - rows_[row].tail);
  out.push_back(')');
}

void BodyStructure::write(std::string& out, const PartTable& parts, bool is_extended) const noexcept {
  std::int32_t row = 0;
  while (row != k_no_row) {
    write_begin(out, parts, static_cast<std::size_t>(row), is_extended);
    if (parts[static_cast<std::size_t>(row)].first_child != k_no_row) {
      row = parts[static_cast<std::size_t>(row)].first_child;
      continue;
    }
    // Up to the next part that follows, ending what is left.
    for (;;) {
      const Part& part = parts[static_cast<std::size_t>(row)];
      write_end(out, part, static_cast<std::size_t>(row), is_extended);
      row = part.next_sibling;
      if (row != k_no_row || part.parent == k_no_row) break;
      row = part.parent;
    }
  }
}

}  // namespace tegu::mime
