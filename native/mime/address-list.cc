// Implementation of address-list.h: words are gathered until a special octet tells what they were.
#include "mime/address-list.h"

#include <utility>

namespace tegu::mime {
namespace {

using bytes::k_atext;
using bytes::k_eight_bit;

constexpr const char* k_missing_mailbox = "MISSING_MAILBOX";
constexpr const char* k_missing_domain = "MISSING_DOMAIN";
constexpr const char* k_syntax_error = "SYNTAX_ERROR";
constexpr const char* k_invalid_route = "INVALID_ROUTE";

/** Words up to a special octet, in two readings: as display name and as local part. */
struct Words {
  std::string phrase;
  /** RFC 5322 4.4: words of a local part touch only through dots. */
  std::string local;
  bool local_ok = true;
  bool is_quoted = false;
  /** Octets that belong in no atom were among them. */
  bool is_lax = false;
  std::size_t count = 0;
};

class AddressReader {
 public:
  AddressReader(Bytes value, AddressSink& sink) noexcept : cursor_(value), sink_(sink) {}

  void read() noexcept {
    cursor_.skip_cfws();
    while (!cursor_.at_end() && is_wanted_) read_element();
    if (in_group_) end_group();
  }

 private:
  void read_element() noexcept;
  bool is_special(std::uint8_t octet, bool after_words) const noexcept;
  std::string take_word(Words& words) noexcept;
  void read_words(Words& words, std::string& comment) noexcept;
  void read_angle(Address& address) noexcept;
  bool read_route(Address& address) noexcept;
  bool read_local_part(std::string& local) noexcept;
  bool read_domain(std::string& domain, std::string* comment) noexcept;
  void finish_bare(Address& address, Words& words, std::string& comment) noexcept;
  void end_element() noexcept;
  void emit(const Address& address) noexcept { is_wanted_ = is_wanted_ && sink_.on_address(address); }
  void start_group(std::string name) noexcept;
  void end_group() noexcept;

  FieldCursor cursor_;
  AddressSink& sink_;
  bool in_group_ = false;
  bool is_wanted_ = true;
};

void AddressReader::start_group(std::string name) noexcept {
  Address address;
  address.kind = AddressKind::group_start;
  address.mailbox = std::move(name);
  in_group_ = true;
  emit(address);
}

void AddressReader::end_group() noexcept {
  Address address;
  address.kind = AddressKind::group_end;
  in_group_ = false;
  emit(address);
}

bool AddressReader::is_special(std::uint8_t octet, bool after_words) const noexcept {
  if (octet == ':') return !in_group_ && after_words;
  return octet == '<' || octet == '>' || octet == ';' || octet == ',' || octet == '@';
}

// RFC 5322 allows atext, and dots of obsolete phrases; names hold brackets, and colons inside groups, so that
// any octet that has no other meaning is taken.
std::string AddressReader::take_word(Words& words) noexcept {
  std::string word;
  while (!cursor_.at_end()) {
    word.append(cursor_.take_run(k_atext | k_eight_bit, "."));
    if (cursor_.at_end()) break;
    const std::uint8_t octet = cursor_.peek();
    const bool is_end =
        bytes::is_class(octet, bytes::k_wsp | bytes::k_line_end) || octet == '"' || octet == '(';
    const bool after_words = !words.is_lax && (words.count > 0 || !word.empty());
    if (is_end || is_special(octet, after_words)) break;
    words.is_lax = true;
    if (octet != 0) word.push_back(static_cast<char>(octet));
    cursor_.step();
  }
  return word;
}

void AddressReader::read_words(Words& words, std::string& comment) noexcept {
  for (;;) {
    std::string word;
    const bool is_quoted = cursor_.is_at('"');
    if (is_quoted) {
      cursor_.take_quoted(word);
    } else {
      const bool was_lax = words.is_lax;
      word = take_word(words);
      if (word.empty() && words.is_lax == was_lax) return;
    }
    const bool touches = words.local.ends_with('.') || word.starts_with('.');
    if (words.count > 0 && !touches) words.local_ok = false;
    if (words.count > 0) words.phrase.push_back(' ');
    words.phrase.append(word);
    words.local.append(word);
    words.is_quoted |= is_quoted;
    words.count += 1;
    cursor_.skip_cfws(&comment);
  }
}

// RFC 5322 3.4.1: dot-atom or quoted string, with CFWS around; 4.4: also around the dots.
bool AddressReader::read_local_part(std::string& local) noexcept {
  if (cursor_.is_at('"')) {
    cursor_.take_quoted(local);
    cursor_.skip_cfws();
    return true;
  }
  for (;;) {
    const std::string_view run = cursor_.take_run(k_atext | k_eight_bit, ".");
    const bool touches = local.empty() || local.ends_with('.') || run.starts_with('.');
    if (run.empty() || !touches) return run.empty() && !local.empty();
    local.append(run);
    cursor_.skip_cfws();
  }
}

// RFC 5322 3.4.1: dot-atom or domain literal. False, and nothing appended, for anything else.
bool AddressReader::read_domain(std::string& domain, std::string* comment) noexcept {
  const std::size_t start = domain.size();
  cursor_.skip_cfws(comment);
  if (cursor_.is_at('[')) {
    const bool is_good = cursor_.take_domain_literal(domain);
    cursor_.skip_cfws(comment);
    return is_good;
  }
  bool is_good = true;
  bool wants_label = true;
  for (;;) {
    const std::string_view label = cursor_.take_run(k_atext | k_eight_bit);
    if (label.empty() == wants_label) {
      is_good = !wants_label;
      break;
    }
    domain.append(label);
    if (!label.empty()) cursor_.skip_cfws(comment);
    wants_label = cursor_.take('.');
    if (!wants_label) break;
    domain.push_back('.');
    cursor_.skip_cfws(comment);
  }
  if (!is_good) domain.resize(start);
  return is_good;
}

// RFC 5322 4.4: obs-route = "@" domain *("," "@" domain) ":"
bool AddressReader::read_route(Address& address) noexcept {
  std::string route;
  while (cursor_.take('@')) {
    if (!route.empty()) route.push_back(',');
    route.push_back('@');
    if (!read_domain(route, nullptr)) return false;
    while (cursor_.take(',')) cursor_.skip_cfws();
  }
  if (!cursor_.take(':')) return false;
  address.route = std::move(route);
  cursor_.skip_cfws();
  return true;
}

void AddressReader::read_angle(Address& address) noexcept {
  cursor_.step();
  cursor_.skip_cfws();
  bool is_good = true;
  if (cursor_.is_at('@') && !read_route(address)) {
    address.route = k_invalid_route;
    cursor_.take(':');
    cursor_.skip_cfws();
  }
  if (!cursor_.is_at('>')) {
    is_good = read_local_part(address.mailbox);
    if (is_good && cursor_.take('@')) is_good = read_domain(address.host, nullptr);
    if (address.mailbox.empty() && !is_good) address.mailbox = k_missing_mailbox;
  } else {
    address.mailbox = k_missing_mailbox;
  }
  if (is_good && cursor_.take('>')) {
    if (address.host.empty()) address.host = k_missing_domain;
  } else {
    address.host = k_syntax_error;
    // What stands before the closing bracket belongs to this wreck: "<undisclosed-recipients:;@host>" is
    // common.
    cursor_.skip_to(">,");
    cursor_.take('>');
  }
}

// No angle bracket: local-part@domain, or words alone.
void AddressReader::finish_bare(Address& address, Words& words, std::string& comment) noexcept {
  if (cursor_.is_at('@')) {
    cursor_.step();
    const bool is_good = words.local_ok && !words.is_lax;
    if (is_good && words.count > 0) {
      address.mailbox = std::move(words.local);
      if (!read_domain(address.host, &comment)) address.host.clear();
      if (!comment.empty()) address.name = std::move(comment);
      if (address.host.empty()) address.host = k_missing_domain;
      return;
    }
    if (words.count == 0) {
      if (!read_domain(address.host, &comment)) address.host.clear();
      address.mailbox = k_missing_mailbox;
      if (address.host.empty()) address.host = k_missing_domain;
      return;
    }
  }
  const bool is_user = words.count == 1 && !words.is_quoted && !words.is_lax;
  address.mailbox = is_user ? std::move(words.phrase) : k_missing_mailbox;
  address.host = k_missing_domain;
  if (!comment.empty()) {
    address.name = std::move(comment);
  } else if (!is_user && !words.phrase.empty()) {
    address.name = std::move(words.phrase);
  }
}

// Moves to the next element. A semicolon ends a group; outside of one it separates, as some mailers mean it.
void AddressReader::end_element() noexcept {
  cursor_.skip_cfws();
  if (!cursor_.is_at(',') && !cursor_.is_at(';')) cursor_.skip_to(",;");
  if (cursor_.take(';')) {
    if (in_group_) end_group();
    cursor_.skip_cfws();
    cursor_.take(',');
  } else {
    cursor_.take(',');
  }
  cursor_.skip_cfws();
}

void AddressReader::read_element() noexcept {
  if (in_group_ && cursor_.is_at(';')) return end_element();
  Words words;
  std::string comment;
  read_words(words, comment);
  if (cursor_.is_at(':') && !words.is_lax && words.count > 0 && !in_group_) {
    cursor_.step();
    cursor_.skip_cfws();
    return start_group(std::move(words.phrase));
  }
  Address address;
  if (cursor_.is_at('<')) {
    if (!words.phrase.empty()) address.name = std::move(words.phrase);
    read_angle(address);
  } else {
    finish_bare(address, words, comment);
  }
  emit(address);
  end_element();
}

}  // namespace

void read_addresses(Bytes value, AddressSink& sink) noexcept {
  AddressReader(value, sink).read();
}

}  // namespace tegu::mime
