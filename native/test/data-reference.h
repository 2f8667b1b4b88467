// What SMTP content means, written the slow and obvious way: the whole input at once, one text replacement a
// rule.
//
// The oracle of the data scanner's unit tests and fuzz target. Shares no code with native/smtp on purpose.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "smtp/data-scanner.h"

namespace tegu::test {

/** Result of scanning some input. */
struct DataResult {
  std::string output;
  std::size_t consumed = 0;
  bool done = false;
  smtp::DataFacts facts;
};

inline bool operator==(const DataResult& a, const DataResult& b) {
  return a.output == b.output && a.consumed == b.consumed && a.done == b.done &&
         a.facts.bare_cr == b.facts.bare_cr && a.facts.bare_lf == b.facts.bare_lf &&
         a.facts.nul == b.facts.nul && a.facts.eight_bit == b.facts.eight_bit &&
         a.facts.longest_line == b.facts.longest_line && a.facts.received_count == b.facts.received_count;
}

namespace reference {

inline bool is_bare_cr(const std::string& text, std::size_t at) {
  return text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n');
}

inline bool is_bare_lf(const std::string& text, std::size_t at) {
  return text[at] == '\n' && (at == 0 || text[at - 1] != '\r');
}

/** "received", any white space, ":" at the start of `line`, in any case. */
inline bool is_received(const std::string& line) {
  std::string name = line.substr(0, line.find(':'));
  if (name.size() == line.size()) return false;
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name == "received";
}

inline void measure_lines(const std::string& output, smtp::DataFacts& facts) {
  bool in_header = true;
  for (std::size_t at = 0; at <= output.size();) {
    const std::size_t end = output.find("\r\n", at);
    const std::string line = output.substr(at, end == std::string::npos ? end : end - at);
    facts.longest_line = std::max<std::uint64_t>(facts.longest_line, line.size());
    if (in_header && is_received(line)) ++facts.received_count;
    if (end == std::string::npos) return;
    if (line.empty()) in_header = false;
    at = end + 2;
  }
}

}  // namespace reference

/** The right result for `input` as the first octets of a message; without the end mark, of an unfinished one.
 */
inline DataResult scan_reference(const std::string& input, smtp::BareLineEnd mode, bool dotted) {
  using namespace reference;
  DataResult result;
  result.consumed = input.size();
  std::string raw = input;
  if (dotted) {
    // The start of the data counts as the start of a line.
    raw = "\r\n" + input;
    const std::size_t end = raw.find("\r\n.\r\n");
    if (end != std::string::npos) {
      result.done = true;
      result.consumed = end + 3;
      raw.resize(end + 2);
    } else {
      // These may still become the end mark; nothing of them is content yet.
      for (const std::string held : {"\r\n.\r", "\r\n."}) {
        if (!raw.ends_with(held)) continue;
        raw.resize(raw.size() - held.size() + 2);
        break;
      }
    }
    std::string unstuffed;
    for (std::size_t at = 0; at < raw.size(); ++at) {
      const bool is_stuffing = raw[at] == '.' && at >= 2 && raw.compare(at - 2, 2, "\r\n") == 0;
      if (!is_stuffing) unstuffed += raw[at];
    }
    raw = std::move(unstuffed);
    raw.erase(0, 2);
  }
  // A CR at the very end may still be half of a CRLF.
  const bool is_open = !result.done && raw.ends_with('\r');
  const std::size_t settled = raw.size() - (is_open ? 1 : 0);
  std::string settled_output;
  for (std::size_t at = 0; at < settled; ++at) {
    const bool bare_cr = is_bare_cr(raw, at);
    const bool bare_lf = is_bare_lf(raw, at);
    result.facts.bare_cr |= bare_cr;
    result.facts.bare_lf |= bare_lf;
    result.facts.nul |= raw[at] == '\0';
    result.facts.eight_bit |= static_cast<unsigned char>(raw[at]) >= 0x80;
    if (dotted && mode == smtp::BareLineEnd::normalise && (bare_cr || bare_lf)) {
      settled_output += "\r\n";
    } else {
      settled_output += raw[at];
    }
  }
  measure_lines(settled_output, result.facts);
  result.output = settled_output + raw.substr(settled);
  return result;
}

}  // namespace tegu::test
