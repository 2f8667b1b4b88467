// Whole messages: parser, description, search. Inputs are plain messages; limits and cuts follow from their
// octets.
//
// Oracles: the result does not depend on how the input is cut; the answers are well-formed IMAP; parts lie
// inside their parents and the message; decoded sizes are those of the decoders; cost is bounded by a
// multiple of the size; what limits leave out is admitted; the texts for the full-text index say what a
// search says.
#include <algorithm>
#include <string>

#include "fuzz.h"
#include "imap-check.h"
#include "mime/message-description.h"
#include "mime/text-collector.h"
#include "mime/text-search.h"

namespace {

using namespace tegu::mime;

struct Described {
  MessageDescription description;
  PartTable parts;
  std::uint64_t work;
};

/** Feeds pieces of `step` octets, of growing sizes with 0. */
Described describe(Bytes message, const ParseLimits& limits, bool lf_to_crlf, std::size_t step) {
  MessageDescriber describer(limits, lf_to_crlf);
  for (std::size_t at = 0, size = 1; at < message.size(); at += size) {
    size = std::min(step != 0 ? step : size % 97 + 1, message.size() - at);
    describer.feed(message.subspan(at, size));
  }
  Described result;
  describer.finish(result.description);
  result.parts = describer.parser().parts();
  result.work = describer.parser().work();
  return result;
}

bool same(const MessageDescription& a, const MessageDescription& b) {
  return a.size_bytes == b.size_bytes && a.envelope == b.envelope && a.body == b.body &&
         a.header == b.header && a.body_structure == b.body_structure && a.parts == b.parts &&
         a.is_truncated == b.is_truncated && a.has_date == b.has_date && a.date.unix_ms == b.date.unix_ms;
}

template <typename Decoder>
double decoded_size(Bytes body) {
  Decoder decoder;
  std::string room(Decoder::max_output(body.size()), '\0');
  auto* const out = reinterpret_cast<std::uint8_t*>(room.data());
  const std::size_t size = decoder.feed(body, out);
  return static_cast<double>(size + decoder.finish(out + size));
}

void check_parts(Bytes message, const Described& whole, const ParseLimits& limits) {
  FUZZ_ASSERT(!whole.parts.empty() && whole.parts.size() <= limits.max_parts);
  FUZZ_ASSERT(whole.parts[0].header_start == 0 && whole.parts[0].body_end == message.size());
  for (std::size_t row = 0; row < whole.parts.size(); ++row) {
    const Part& part = whole.parts[row];
    FUZZ_ASSERT(part.header_start <= part.body_start && part.body_start <= part.body_end);
    FUZZ_ASSERT(part.depth <= limits.max_depth || part.kind == PartKind::leaf);
    FUZZ_ASSERT((part.kind == PartKind::message) <= (part.first_child != k_no_row));
    if (part.parent != k_no_row) {
      const Part& parent = whole.parts[static_cast<std::size_t>(part.parent)];
      FUZZ_ASSERT(static_cast<std::size_t>(part.parent) < row && parent.depth + 1 == part.depth);
      FUZZ_ASSERT(part.header_start >= parent.body_start && part.body_end <= parent.body_end);
    }
    const Bytes body = message.subspan(part.body_start, part.size());
    FUZZ_ASSERT(part.lines == static_cast<std::uint64_t>(std::count(body.begin(), body.end(), '\n')));
    const double size = whole.description.parts[row * k_part_columns + 9];
    if (part.kind != PartKind::leaf) continue;
    if (part.encoding == TransferEncoding::base64) {
      FUZZ_ASSERT(size == decoded_size<tegu::bytes::Base64Decoder>(body));
    } else if (part.encoding == TransferEncoding::quoted_printable) {
      FUZZ_ASSERT(size == decoded_size<tegu::bytes::QuotedPrintableDecoder>(body));
    }
  }
}

bool found(Bytes message, const ParseLimits& limits, std::string_view needle, bool in_header,
           std::size_t step) {
  TextSearch search(limits, false, needle, in_header);
  for (std::size_t at = 0; at < message.size(); at += step) {
    search.feed(message.subspan(at, std::min(step, message.size() - at)));
  }
  search.finish();
  return search.is_found();
}

/** The texts that the full-text index is made of say what a search of the message says. */
void check_collected(Bytes message, const ParseLimits& limits, std::string_view needle, bool is_found,
                     bool in_body) {
  TextCollector collector(limits, false, 3 * message.size() * 8 + 1024);
  collector.feed(message);
  collector.finish();
  FUZZ_ASSERT(collector.header().size() + collector.body().size() <= 3 * message.size() * 8 + 1024);
  const std::string folded = fold_for_search(needle);
  if (!collector.is_whole() || folded.find_first_of(std::string_view("\0\x01", 2)) != std::string::npos)
    return;
  const auto holds = [&](const std::string& text) { return text.find(folded) != std::string::npos; };
  FUZZ_ASSERT(holds(collector.body()) == in_body);
  FUZZ_ASSERT((holds(collector.header()) || holds(collector.body())) == is_found);
}

}  // namespace

FUZZ_TARGET(data) {
  std::uint32_t seed = 0;
  for (const std::uint8_t octet : data) seed = seed * 31 + octet;
  ParseLimits limits;
  if (seed % 3 == 0) limits = {seed % 7 + 1, seed % 5 + 1, seed % 200};
  for (const bool lf_to_crlf : {false, true}) {
    const Described whole = describe(data, limits, lf_to_crlf, data.size() + 1);
    for (const std::size_t step : {std::size_t{1}, std::size_t{seed % 50 + 2}, std::size_t{0}}) {
      FUZZ_ASSERT(same(describe(data, limits, lf_to_crlf, step).description, whole.description));
    }
    FUZZ_ASSERT(is_imap_list(whole.description.envelope));
    FUZZ_ASSERT(is_imap_list(whole.description.body));
    FUZZ_ASSERT(is_imap_list(whole.description.body_structure));
    FUZZ_ASSERT(whole.description.header.size() <= limits.max_header_bytes);
    FUZZ_ASSERT(whole.work <= 8 * data.size() + 64);
    if (!lf_to_crlf) check_parts(data, whole, limits);
  }
  const std::string_view text = tegu::bytes::as_text(data);
  const std::string_view needle = text.substr(seed % (text.size() + 1), seed % 9);
  const bool is_found = found(data, limits, needle, true, data.size() + 1);
  FUZZ_ASSERT(found(data, limits, needle, true, 1) == is_found);
  const bool in_body = found(data, limits, needle, false, seed % 50 + 1);
  FUZZ_ASSERT(in_body <= is_found);
  check_collected(data, limits, needle, is_found, in_body);
}
