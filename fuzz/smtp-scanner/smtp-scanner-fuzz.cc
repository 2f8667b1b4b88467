// SMTP content scanner. The first octet chooses mode and split; the rest is the input. Oracles: the
// reference's output, facts and end whole and in pieces (chunk invariance); what normalise puts out survives
// the next hop (fixpoint); every run uses an octet (linear cost).
#include <string>
#include <string_view>

#include "bytes/view.h"
#include "fuzz.h"
#include "smtp/data-scanner.h"
#include "test/data-reference.h"

namespace {

using tegu::smtp::BareLineEnd;
using tegu::test::DataResult;

/** Feeds `input` in pieces whose sizes come from `sizes`, over and over; the whole input when that is empty.
 */
DataResult scan(std::string_view input, BareLineEnd mode, bool dotted, std::string_view sizes) {
  tegu::smtp::DataScanner scanner(mode, dotted);
  DataResult result;
  std::size_t pieces = 0;
  for (std::size_t at = 0; at < input.size() && !result.done;) {
    const std::size_t size =
        sizes.empty() ? input.size() : 1 + static_cast<unsigned char>(sizes[pieces++ % sizes.size()]) % 37;
    const std::string_view piece = input.substr(at, size);
    tegu::smtp::DataChunk chunk(tegu::bytes::as_bytes(piece));
    tegu::smtp::DataRun run;
    for (std::size_t before = 0; scanner.next(chunk, run); before = chunk.consumed()) {
      FUZZ_ASSERT(chunk.consumed() > before);
      FUZZ_ASSERT(run.start <= run.end && run.end <= chunk.consumed());
      result.output += run.lead;
      result.output += piece.substr(run.start, run.end - run.start);
    }
    result.consumed += chunk.consumed();
    result.done = scanner.is_done();
    at += piece.size();
  }
  result.facts = scanner.facts(false);
  return result;
}

/** RFC 5321 4.5.2, as a sender does it. */
std::string stuff(std::string_view content) {
  std::string wire;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '.' && (i == 0 || content[i - 1] == '\n')) wire += '.';
    wire += content[i];
  }
  return wire + ".\r\n";
}

}  // namespace

FUZZ_TARGET(data) {
  if (data.empty()) return;
  const BareLineEnd mode = (data[0] & 1) != 0 ? BareLineEnd::normalise : BareLineEnd::refuse;
  const bool dotted = (data[0] & 2) == 0;
  const std::string_view input = tegu::bytes::as_text(data.subspan(1));
  const DataResult expected = tegu::test::scan_reference(std::string(input), mode, dotted);
  FUZZ_ASSERT(scan(input, mode, dotted, "") == expected);
  FUZZ_ASSERT(scan(input, mode, dotted, std::string_view("\0", 1)) == expected);
  FUZZ_ASSERT(scan(input, mode, dotted, input.substr(0, 16)) == expected);
  if (!expected.done || mode != BareLineEnd::normalise) return;
  const DataResult next_hop = scan(stuff(expected.output), BareLineEnd::refuse, true, "");
  FUZZ_ASSERT(next_hop.done && next_hop.output == expected.output);
  FUZZ_ASSERT(!next_hop.facts.bare_cr && !next_hop.facts.bare_lf);
}
