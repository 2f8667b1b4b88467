// Implementation of parameter-list.h.
#include "mime/parameter-list.h"

#include <algorithm>
#include <optional>

#include "bytes/ascii.h"
#include "bytes/utf8.h"
#include "mime/encoded-word.h"

namespace tegu::mime {

using bytes::is_class;

namespace {

/** Indexes above are no continuation; nobody has so many segments. */
constexpr unsigned k_max_index = 9999;

/** A parameter name taken apart: base, "*index", "*". */
struct SegmentName {
  std::string_view base;
  unsigned index = 0;
  bool has_index = false;
  bool is_extended = false;
};

/** nullopt for a plain name. */
std::optional<SegmentName> parse_segment_name(std::string_view name) noexcept {
  const std::size_t star = name.find('*');
  if (star == std::string_view::npos || star == 0) return std::nullopt;
  SegmentName segment;
  segment.base = name.substr(0, star);
  std::string_view rest = name.substr(star + 1);
  while (!rest.empty() && is_class(rest[0], bytes::k_digit)) {
    segment.index = segment.index * 10 + static_cast<unsigned>(rest[0] - '0');
    segment.has_index = true;
    if (segment.index > k_max_index) return std::nullopt;
    rest = rest.substr(1);
  }
  // "name*" is the extended form without index, "name*0*" with one.
  segment.is_extended = segment.has_index ? rest == "*" : true;
  if (segment.has_index ? !rest.empty() && rest != "*" : !rest.empty()) return std::nullopt;
  return segment;
}

struct Segment {
  SegmentName name;
  const Parameter* parameter;
};

/** All segments, by base name without case, then by index; of equal ones the first stays first. */
std::vector<Segment> sorted_segments(const ParameterList& parameters) noexcept {
  std::vector<Segment> segments;
  for (const Parameter& parameter : parameters) {
    if (const auto name = parse_segment_name(parameter.name)) segments.push_back({*name, &parameter});
  }
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    const int order = [&] {
      const std::size_t shared = std::min(a.name.base.size(), b.name.base.size());
      for (std::size_t i = 0; i < shared; ++i) {
        const int difference = bytes::ascii_lower(a.name.base[i]) - bytes::ascii_lower(b.name.base[i]);
        if (difference != 0) return difference;
      }
      return static_cast<int>(a.name.base.size()) - static_cast<int>(b.name.base.size());
    }();
    return order != 0 ? order < 0 : a.name.index < b.name.index;
  });
  return segments;
}

/** The joined form of segments 0, 1, 2...; nullopt when an index is missing or doubled. */
std::optional<Parameter> join(const Segment* first, const Segment* last) noexcept {
  bool has_extended = false;
  for (const Segment* segment = first; segment != last; ++segment) {
    if (segment->name.index != static_cast<unsigned>(segment - first)) return std::nullopt;
    has_extended |= segment->name.is_extended;
  }
  Parameter joined;
  joined.name = first->name.base;
  if (has_extended) joined.name.push_back('*');
  if (has_extended && !first->name.is_extended) joined.value = "''";
  for (const Segment* segment = first; segment != last; ++segment) {
    for (const char c : segment->parameter->value) {
      if (c == '%' && has_extended && !segment->name.is_extended) {
        joined.value.append("%25");
      } else {
        joined.value.push_back(c);
      }
    }
  }
  return joined;
}

// What is between `=` and the next `;` in an unquoted value: RFC 2045 allows a token, mailers write paths,
// boundaries with `=` and raw encoded words. White space ends it; a comma only at its end.
void take_unquoted(FieldCursor& cursor, std::string& value) noexcept {
  while (!cursor.at_end()) {
    const std::uint8_t octet = cursor.peek();
    if (octet <= 0x20 || octet == 0x7f || octet == ';' || octet == '"' || octet == '(' || octet == ')') break;
    value.push_back(static_cast<char>(octet));
    cursor.step();
  }
  while (!value.empty() && value.back() == ',') value.pop_back();
}

/** One segment's octets: percent escapes resolved in an extended one; a bad escape stays as text. */
void append_segment(std::string& octets, std::string_view value, bool is_extended) noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const int high = i + 2 < value.size() ? bytes::hex_value(static_cast<std::uint8_t>(value[i + 1])) : -1;
    const int low = high < 0 ? -1 : bytes::hex_value(static_cast<std::uint8_t>(value[i + 2]));
    if (is_extended && value[i] == '%' && low >= 0) {
      octets.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      octets.push_back(value[i]);
    }
  }
}

}  // namespace

void read_parameters(FieldCursor& cursor, ParameterList& parameters) noexcept {
  for (;;) {
    cursor.skip_to(";");
    if (!cursor.take(';')) return;
    cursor.skip_cfws();
    Parameter parameter;
    parameter.name = cursor.take_run(bytes::k_token | bytes::k_eight_bit);
    cursor.skip_cfws();
    if (parameter.name.empty() || !cursor.take('=')) continue;
    cursor.skip_cfws();
    if (cursor.is_at('"')) {
      cursor.take_quoted(parameter.value);
    } else {
      take_unquoted(cursor, parameter.value);
    }
    if (parameters.size() < k_max_parameters) parameters.push_back(std::move(parameter));
  }
}

const std::string* find_parameter(const ParameterList& parameters, std::string_view name) noexcept {
  for (const Parameter& parameter : parameters) {
    if (bytes::equals_ignore_case(parameter.name, name)) return &parameter.value;
  }
  return nullptr;
}

ParameterList joined_parameters(const ParameterList& parameters) noexcept {
  ParameterList joined;
  for (const Parameter& parameter : parameters) {
    if (!parse_segment_name(parameter.name)) joined.push_back(parameter);
  }
  const std::vector<Segment> segments = sorted_segments(parameters);
  for (std::size_t i = 0; i < segments.size();) {
    std::size_t end = i + 1;
    while (end < segments.size() &&
           bytes::equals_ignore_case(segments[end].name.base, segments[i].name.base)) {
      ++end;
    }
    if (auto parameter = join(&segments[i], segments.data() + end)) {
      joined.push_back(std::move(*parameter));
    } else {
      for (std::size_t k = i; k < end; ++k) joined.push_back(*segments[k].parameter);
    }
    i = end;
  }
  return joined;
}

bool append_parameter_text(std::string& out, const ParameterList& parameters, std::string_view name,
                           Charset raw_charset) noexcept {
  std::string octets;
  unsigned next = 0;
  bool has_extended = false;
  for (const Segment& segment : sorted_segments(parameters)) {
    if (!bytes::equals_ignore_case(segment.name.base, name) || segment.name.index != next) continue;
    // RFC 2231 4: charset'language'text, in the first segment only.
    std::string_view value = segment.parameter->value;
    if (segment.name.is_extended && next == 0) {
      const std::size_t first = value.find('\'');
      const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
      if (second != std::string_view::npos) {
        const Charset named = find_charset(value.substr(0, first));
        if (named.kind != CharsetKind::unknown) raw_charset = named;
        value = value.substr(second + 1);
      }
    }
    has_extended |= segment.name.is_extended;
    append_segment(octets, value, segment.name.is_extended);
    ++next;
  }
  if (next > 0) {
    if (has_extended) {
      append_raw_text(out, bytes::as_bytes(octets), raw_charset);
    } else {
      append_header_text(out, bytes::as_bytes(octets), raw_charset);
    }
    return true;
  }
  const std::string* const plain = find_parameter(parameters, name);
  if (plain == nullptr) return false;
  append_header_text(out, bytes::as_bytes(*plain), raw_charset);
  return true;
}

}  // namespace tegu::mime
