// Implementation of envelope.h.
#include "mime/envelope.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "bytes/ascii.h"
#include "mime/address-list.h"
#include "mime/header-field.h"
#include "mime/imap-text.h"

namespace tegu::mime {
namespace {

enum Field : std::size_t {
  date,
  subject,
  from,
  sender,
  reply_to,
  to,
  cc,
  bcc,
  in_reply_to,
  message_id,
  field_count
};

constexpr std::array<std::string_view, field_count> k_names = {
    "Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID"};

/** Values of each field of the envelope, views into the header. */
using FieldValues = std::array<std::vector<Bytes>, field_count>;

FieldValues collect(Bytes header) noexcept {
  FieldValues values;
  HeaderReader reader(header);
  HeaderField field;
  while (reader.next(field)) {
    for (std::size_t i = 0; i < field_count; ++i) {
      if (!bytes::equals_ignore_case(field.name, k_names[i])) continue;
      values[i].push_back(field.value);
      break;
    }
  }
  return values;
}

void append_nstring(std::string& out, const std::optional<std::string>& text) noexcept {
  if (text) {
    append_imap_string(out, *text);
  } else {
    out.append("NIL");
  }
}

/** Writes `(name route mailbox host)` for each address, the list's parenthesis before the first. */
class AddressWriter final : public AddressSink {
 public:
  AddressWriter(std::string& out, std::size_t max_size) noexcept : out_(out), max_size_(max_size) {}

  bool on_address(const Address& address) noexcept override {
    if (out_.size() > max_size_) {
      is_complete_ = false;
      return false;
    }
    out_.append(is_empty_ ? "((" : "(");
    is_empty_ = false;
    if (address.name) {
      append_imap_phrase(out_, *address.name);
    } else {
      out_.append("NIL");
    }
    out_.push_back(' ');
    append_nstring(out_, address.route);
    out_.push_back(' ');
    switch (address.kind) {
      case AddressKind::mailbox:
        append_imap_string(out_, address.mailbox);
        out_.push_back(' ');
        append_imap_string(out_, address.host);
        break;
      // RFC 9051 7.5.2: a NIL host begins a group, a NIL mailbox beside it ends it.
      case AddressKind::group_start:
        append_imap_string(out_, address.mailbox);
        out_.append(" NIL");
        break;
      case AddressKind::group_end:
        out_.append("NIL NIL");
        break;
    }
    out_.push_back(')');
    return true;
  }

  /** Ends the list; false when it was empty, and nothing was written. */
  bool close() noexcept {
    if (!is_empty_) out_.push_back(')');
    return !is_empty_;
  }
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

 private:
  std::string& out_;
  const std::size_t max_size_;
  bool is_empty_ = true;
  bool is_complete_ = true;
};

class EnvelopeWriter {
 public:
  EnvelopeWriter(std::string& out, const FieldValues& values, std::size_t max_size) noexcept
      : out_(out), values_(values), max_size_(max_size) {}

  bool write() noexcept {
    out_.push_back('(');
    write_text(date);
    out_.push_back(' ');
    write_text(subject);
    for (const Field field : {from, sender, reply_to, to, cc, bcc}) {
      out_.push_back(' ');
      const bool has_default = field == sender || field == reply_to;
      if (!write_list(field) && !(has_default && write_list(from))) out_.append("NIL");
    }
    out_.push_back(' ');
    write_text(in_reply_to);
    out_.push_back(' ');
    write_text(message_id);
    out_.push_back(')');
    return is_complete_;
  }

 private:
  void write_text(Field field) noexcept {
    if (values_[field].empty()) {
      out_.append("NIL");
      return;
    }
    std::string text;
    append_unfolded(text, values_[field].back());
    if (field == subject) {
      append_imap_phrase(out_, text);
    } else {
      append_imap_string(out_, text);
    }
  }

  /** False, and nothing written, when the field holds no address. */
  bool write_list(Field field) noexcept {
    AddressWriter writer(out_, max_size_);
    for (const Bytes value : values_[field]) read_addresses(value, writer);
    is_complete_ = is_complete_ && writer.is_complete();
    return writer.close();
  }

  std::string& out_;
  const FieldValues& values_;
  const std::size_t max_size_;
  bool is_complete_ = true;
};

}  // namespace

bool append_envelope(std::string& out, Bytes header, std::size_t max_size) noexcept {
  const FieldValues values = collect(header);
  return EnvelopeWriter(out, values, out.size() + max_size).write();
}

}  // namespace tegu::mime
