// Tests of data-scanner.h: a table of inputs with their meaning, smuggling attempts by bug id, and agreement
// with the reference for every short input, every split and every mode.
#include "smtp/data-scanner.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "test/check.h"
#include "test/data-reference.h"

namespace {

using namespace tegu::smtp;
using namespace std::string_literals;
using tegu::bytes::as_bytes;
using tegu::test::DataResult;
using tegu::test::scan_reference;

/** Feeds `pieces` in order until the end of data. */
DataResult scan_pieces(const std::vector<std::string_view>& pieces, BareLineEnd mode, bool dotted) {
  DataScanner scanner(mode, dotted);
  DataResult result;
  for (const std::string_view piece : pieces) {
    DataChunk chunk(as_bytes(piece));
    DataRun run;
    std::size_t before = 0;
    while (scanner.next(chunk, run)) {
      // Each run uses an octet: no input can make next() spin.
      if (chunk.consumed() == before) return {};
      before = chunk.consumed();
      result.output += run.lead;
      result.output += piece.substr(run.start, run.end - run.start);
    }
    result.consumed += chunk.consumed();
    result.done = scanner.is_done();
    if (result.done) break;
  }
  result.facts = scanner.facts(false);
  return result;
}

DataResult scan(std::string_view input, BareLineEnd mode, bool dotted = true) {
  return scan_pieces({input}, mode, dotted);
}

std::string show(const DataResult& result) {
  const DataFacts& facts = result.facts;
  return tegu::test::show(result.output) + " consumed " + std::to_string(result.consumed) +
         (result.done ? " done" : "") + (facts.bare_cr ? " cr" : "") + (facts.bare_lf ? " lf" : "") +
         (facts.nul ? " nul" : "") + (facts.eight_bit ? " 8bit" : "") + " longest " +
         std::to_string(facts.longest_line) + " received " + std::to_string(facts.received_count);
}

struct Mode {
  BareLineEnd bare;
  bool dotted;
};
constexpr std::array<Mode, 3> k_modes = {
    {{BareLineEnd::refuse, true}, {BareLineEnd::normalise, true}, {BareLineEnd::refuse, false}}};

/** Whole, octet by octet and split in two everywhere: all as the reference says. Returns the number of
 * differences. */
std::size_t count_differences(const std::string& input) {
  std::size_t differences = 0;
  const std::string_view text(input);
  for (const auto& [bare, dotted] : k_modes) {
    const DataResult expected = scan_reference(input, bare, dotted);
    const auto compare = [&](const std::vector<std::string_view>& pieces) {
      const DataResult result = scan_pieces(pieces, bare, dotted);
      if (result == expected) return;
      if (++differences > 3) return;
      std::fprintf(stderr, "  %s in %zu pieces, mode %d %d:\n    got  %s\n    want %s\n",
                   tegu::test::show(text).c_str(), pieces.size(), static_cast<int>(bare), dotted,
                   show(result).c_str(), show(expected).c_str());
    };
    compare({text});
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < text.size(); ++i) octets.push_back(text.substr(i, 1));
    compare(octets);
    for (std::size_t at = 1; at < text.size(); ++at) compare({text.substr(0, at), text.substr(at)});
  }
  return differences;
}

struct Row {
  std::string input;
  /** Output in mode refuse and in mode normalise. */
  std::string as_is;
  std::string normalised;
  bool done;
  /** Octets behind the end of data. */
  std::size_t left = 0;
};

/** Content and meaning of what a client may send after 354. */
const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"", "", "", false},
      {".", "", "", false},
      {".\r", "", "", false},
      {".\r\n", "", "", true},
      {"\r\n.\r\n", "\r\n", "\r\n", true},
      {"a\r\n.\r\n", "a\r\n", "a\r\n", true},
      {"a\r\n.\r\nMAIL", "a\r\n", "a\r\n", true, 4},
      {"a\r\n.\r\n.\r\n", "a\r\n", "a\r\n", true, 3},
      {"a\r\n..\r\n.\r\n", "a\r\n.\r\n", "a\r\n.\r\n", true},
      {"..\r\n.\r\n", ".\r\n", ".\r\n", true},
      {"...\r\n.\r\n", "..\r\n", "..\r\n", true},
      {".a\r\n.\r\n", "a\r\n", "a\r\n", true},
      {". \r\n.\r\n", " \r\n", " \r\n", true},
      {"a.\r\n.b\r\n.\r\n", "a.\r\nb\r\n", "a.\r\nb\r\n", true},
      {"a\r\n\r\n.\r\n", "a\r\n\r\n", "a\r\n\r\n", true},
      {"a\r\n.\r\r\n.\r\n", "a\r\n\r\r\n", "a\r\n\r\n\r\n", true},
      {"a\r\n.\r.\r\n", "a\r\n\r.\r\n", "a\r\n\r\n.\r\n", false},
      {"a\r\n.\n", "a\r\n\n", "a\r\n\r\n", false},
      {"a\r\n.\n.\r\n", "a\r\n\n.\r\n", "a\r\n\r\n.\r\n", false},
      {"a\n.\n", "a\n.\n", "a\r\n.\r\n", false},
      {"a\n.\r\n", "a\n.\r\n", "a\r\n.\r\n", false},
      {"a\r\n.\r\n", "a\r\n", "a\r\n", true},
      {"a\r.\r", "a\r.\r", "a\r\n.\r", false},
      {"a\r.\r\n", "a\r.\r\n", "a\r\n.\r\n", false},
      {"a\n.\r\n.\r\n", "a\n.\r\n", "a\r\n.\r\n", true},
      {"a\r\r\n.\r\n", "a\r\r\n", "a\r\n\r\n", true},
      {"a\n\r\n.\r\n", "a\n\r\n", "a\r\n\r\n", true},
      {"a\n\n.\r\n", "a\n\n.\r\n", "a\r\n\r\n.\r\n", false},
      {"a\r\n.\r\0\n"s, "a\r\n\r\0\n"s, "a\r\n\r\n\0\r\n"s, false},
      {"a\r\0\n.\r\n"s, "a\r\0\n.\r\n"s, "a\r\n\0\r\n.\r\n"s, false},
      {"\0\r\n.\r\n"s, "\0\r\n"s, "\0\r\n"s, true},
      {"a\r\n\0.\r\n"s, "a\r\n\0.\r\n"s, "a\r\n\0.\r\n"s, false},
      {"a\r", "a\r", "a\r", false},
      {"a\n", "a\n", "a\r\n", false},
      {"\n", "\n", "\r\n", false},
      {"\r", "\r", "\r", false},
      {"\n\r", "\n\r", "\r\n\r", false},
      {"\r\r", "\r\r", "\r\n\r", false},
      {"\xff\r\n.\r\n", "\xff\r\n", "\xff\r\n", true},
      {"a\r\n.b\n.c\r.d\r\n.\r\n", "a\r\nb\n.c\r.d\r\n", "a\r\nb\r\n.c\r\n.d\r\n", true},
      {".\r.\r\n.\r\n", "\r.\r\n", "\r\n.\r\n", true},
      {".\n", "\n", "\r\n", false},
      {".\n.\r\n.\r\n", "\n.\r\n", "\r\n.\r\n", true},
  };
  return all;
}

TEST("data: the table of inputs, each whole and in every split") {
  for (const Row& row : rows()) {
    const DataResult strict = scan(row.input, BareLineEnd::refuse);
    const DataResult lenient = scan(row.input, BareLineEnd::normalise);
    const bool same = CHECK_EQ(strict.output, row.as_is) && CHECK_EQ(lenient.output, row.normalised) &&
                      CHECK_EQ(strict.done, row.done) && CHECK_EQ(lenient.done, row.done) &&
                      CHECK_EQ(strict.consumed, row.input.size() - row.left) &&
                      CHECK_EQ(lenient.consumed, row.input.size() - row.left);
    if (!same) std::fprintf(stderr, "  %s\n", tegu::test::show(row.input).c_str());
    CHECK_EQ(count_differences(row.input), 0);
  }
}

TEST(
    "S01: every CR, LF, dot, NUL and letter up to seven octets, in every split and mode, means what the RFC "
    "says") {
  constexpr std::string_view k_octets("\r\n.\0a", 5);
  std::size_t differences = 0;
  std::size_t inputs = 0;
  for (std::size_t length = 0; length <= 7; ++length) {
    std::string input(length, k_octets[0]);
    std::vector<std::size_t> digits(length, 0);
    for (bool more = true; more;) {
      differences += count_differences(input);
      ++inputs;
      more = false;
      for (std::size_t i = 0; i < length && !more; ++i) {
        digits[i] = (digits[i] + 1) % k_octets.size();
        input[i] = k_octets[digits[i]];
        more = digits[i] != 0;
      }
    }
  }
  CHECK_EQ(differences, 0);
  CHECK_EQ(inputs, 97656);
}

TEST("S01: no form but CRLF.CRLF ends the data, so that no second mail hides in one") {
  for (const std::string& end : {"\n.\n"s, "\n.\r\n"s, "\r\n.\n"s, "\r.\r"s, "\r.\r\n"s, "\r\n.\r"s,
                                 "\n\n.\r\n"s, "\r\n.\0\r\n"s, "\r\n\0.\r\n"s, "\r\n.\r\0\n"s, "\r\n .\r\n"s,
                                 "\r\n. \r\n"s, "\r\r\n\n.\r\n"s, "\r\n.\r\r\n"s, "\n\r.\r\n"s}) {
    const std::string input =
        "Subject: a\r\n\r\nbody" + end + "MAIL FROM:<boss@bank.example>\r\n.\r\nQUIT\r\n";
    for (const BareLineEnd mode : {BareLineEnd::refuse, BareLineEnd::normalise}) {
      const DataResult result = scan(input, mode);
      CHECK(result.done);
      CHECK_EQ(result.consumed, input.size() - 6);
      CHECK(result.output.find("MAIL FROM") != std::string::npos);
    }
  }
}

TEST("S01: normalised content has no bare CR or LF left, and stuffed again it survives the next hop whole") {
  for (const Row& row : rows()) {
    if (!row.done) continue;
    const std::string content = scan(row.input, BareLineEnd::normalise).output;
    std::string wire;
    bool at_line_start = true;
    for (std::size_t i = 0; i < content.size(); ++i) {
      CHECK(!tegu::test::reference::is_bare_cr(content, i) && !tegu::test::reference::is_bare_lf(content, i));
      if (at_line_start && content[i] == '.') wire += '.';
      wire += content[i];
      at_line_start = content[i] == '\n';
    }
    const DataResult again = scan(wire + ".\r\n", BareLineEnd::refuse);
    CHECK(again.done);
    CHECK_EQ(again.output, content);
    CHECK(!again.facts.bare_cr && !again.facts.bare_lf);
  }
}

TEST("S02: end of data and dot removal share one definition of a line") {
  const std::string input = "x\n...\n\r\n.\r\n";
  const DataResult strict = scan(input, BareLineEnd::refuse);
  CHECK_EQ(strict.output, "x\n...\n\r\n");
  CHECK(strict.done && strict.facts.bare_lf && !strict.facts.bare_cr);
  const DataResult lenient = scan(input, BareLineEnd::normalise);
  CHECK_EQ(lenient.output, "x\r\n...\r\n\r\n");
  CHECK(lenient.done && lenient.facts.bare_lf);
}

TEST("S03: dots that a sender stuffed come off again, on the last line too") {
  CHECK_EQ(scan("..foo\r\n..\r\n.\r\n", BareLineEnd::refuse).output, ".foo\r\n.\r\n");
}

TEST("S05, S06: BDAT octets pass unchanged; facts are gathered over chunks that split anything") {
  const std::string input = ".\r\n.a\r\n..\nb\r\n.\r\nc\r";
  const DataResult result = scan(input, BareLineEnd::normalise, false);
  CHECK_EQ(result.output, input);
  CHECK(!result.done && result.facts.bare_lf);
  CHECK_EQ(scan_pieces({"a\r", "\nb\r\n"}, BareLineEnd::refuse, false).facts.bare_cr, false);
}

TEST("data: a CR that ends a BDAT message is bare only once nothing follows") {
  DataScanner scanner(BareLineEnd::refuse, false);
  DataChunk chunk(as_bytes("abc\r"));
  DataRun run;
  CHECK(scanner.next(chunk, run));
  CHECK(!scanner.next(chunk, run));
  CHECK(!scanner.facts(false).bare_cr);
  CHECK_EQ(scanner.facts(false).longest_line, 3);
  CHECK(scanner.facts(true).bare_cr);
  CHECK_EQ(scanner.facts(true).longest_line, 4);
}

TEST("data: nothing is used after the end") {
  DataScanner scanner(BareLineEnd::refuse, true);
  DataChunk first(as_bytes("a\r\n.\r\nNOOP\r\n"));
  DataRun run;
  while (scanner.next(first, run)) CHECK_EQ(run.lead, "");
  CHECK_EQ(first.consumed(), 6);
  DataChunk second(as_bytes("NOOP\r\n"));
  CHECK(!scanner.next(second, run));
  CHECK_EQ(second.consumed(), 0);
}

TEST("data: content without changes is one run of the chunk itself") {
  std::string input;
  for (int i = 0; i < 1000; ++i) input += "line " + std::to_string(i) + " . text\r\n";
  DataScanner scanner(BareLineEnd::normalise, true);
  DataChunk chunk(as_bytes(input));
  DataRun run;
  CHECK(scanner.next(chunk, run));
  CHECK_EQ(run.start, 0);
  CHECK_EQ(run.end, input.size());
  CHECK_EQ(run.lead, "");
  CHECK(!scanner.next(chunk, run));
}

TEST("S16: Received fields are counted in the header only, in any case, over any split") {
  const std::string header =
      "Received: from a\r\n by b\r\nRECEIVED:x\r\nreceived \t: y\r\nReceived-SPF: pass\r\nX-Received: z\r\n"
      " Received: folded\r\nReceive: no\r\nReceivedd: no\r\nReceived\r\n..Received: dotted\r\n.Received: "
      "stuffed\r\n";
  const std::string input = header + "\r\nReceived: body\r\n.\r\n";
  CHECK_EQ(scan(input, BareLineEnd::refuse).facts.received_count, 4);
  CHECK_EQ(count_differences(input), 0);
  CHECK_EQ(scan("\r\nReceived: body\r\n", BareLineEnd::refuse).facts.received_count, 0);
  CHECK_EQ(scan("Received: a\nReceived: b\n", BareLineEnd::normalise).facts.received_count, 2);
  std::string many;
  for (int i = 0; i < 120; ++i) many += "Received: from a\r\n";
  CHECK_EQ(scan(many, BareLineEnd::refuse).facts.received_count, 120);
}

TEST("data: the longest line counts output octets without CRLF, the last one without an end too") {
  CHECK_EQ(scan(std::string(998, 'a') + "\r\n.\r\n", BareLineEnd::refuse).facts.longest_line, 998);
  CHECK_EQ(scan("ab\r\n" + std::string(5000, 'a'), BareLineEnd::refuse).facts.longest_line, 5000);
  CHECK_EQ(scan("..ab\r\n.\r\n", BareLineEnd::refuse).facts.longest_line, 3);
  CHECK_EQ(scan("ab\ncdef\rg\r\n", BareLineEnd::refuse).facts.longest_line, 9);
  CHECK_EQ(scan("ab\ncdef\rg\r\n", BareLineEnd::normalise).facts.longest_line, 4);
}

TEST("data: NUL and 8-bit octets are found wherever they stand, but not behind the end of data") {
  const std::string line(200, 'x');
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string input = line + "\r\n.\r\n";
    input[at] = '\0';
    CHECK(scan(input, BareLineEnd::refuse).facts.nul);
    input[at] = static_cast<char>(0x80);
    const DataFacts facts = scan(input, BareLineEnd::normalise).facts;
    CHECK(facts.eight_bit && !facts.nul);
  }
  const DataFacts facts = scan("a\r\n.\r\n\0\xff"s, BareLineEnd::refuse).facts;
  CHECK(!facts.nul && !facts.eight_bit);
}

TEST("data: long inputs that change at every octet cost no more than a run an octet") {
  const std::string input(1 << 20, '\n');
  const DataResult result = scan(input, BareLineEnd::normalise);
  CHECK_EQ(result.output.size(), 2 * input.size());
  const std::string dots = [] {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += "\r\n.x";
    return text;
  }();
  CHECK_EQ(scan(dots, BareLineEnd::refuse).output.size(), 600000);
}

}  // namespace
