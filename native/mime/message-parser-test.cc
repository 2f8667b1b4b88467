// The part table: offsets, links, delimiters in all places, line ends, limits, cost. Each message is parsed
// whole, octet by octet and split at every offset; all must agree.
#include "mime/message-parser.h"

#include <string>
#include <vector>

#include "test/check.h"

namespace tegu::mime {
namespace {

/** Writes down what it hears: "row(body)" for each leaf. */
class Recorder final : public PartVisitor {
 public:
  void on_header(std::uint32_t row, Bytes header, const PartHeader&) noexcept override {
    headers.resize(std::max<std::size_t>(headers.size(), row + 1));
    headers[row] = bytes::as_text(header);
  }
  void on_body(std::uint32_t row, Bytes octets) noexcept override {
    bodies.resize(std::max<std::size_t>(bodies.size(), row + 1));
    bodies[row].append(bytes::as_text(octets));
  }
  void on_end(std::uint32_t row) noexcept override { ends.append(std::to_string(row)).append(" "); }

  std::vector<std::string> headers;
  std::vector<std::string> bodies;
  std::string ends;
};

struct Outcome {
  PartTable parts;
  Recorder heard;
  bool is_truncated;
  std::uint64_t size;
  std::uint64_t work;
};

Outcome parse(const std::vector<std::string_view>& pieces, const ParseLimits& limits = {},
              bool lf_to_crlf = false) {
  Outcome outcome{};
  MessageParser parser(limits, lf_to_crlf, outcome.heard);
  for (const std::string_view piece : pieces) parser.feed(bytes::as_bytes(piece));
  parser.finish();
  outcome.parts = parser.parts();
  outcome.is_truncated = parser.is_truncated();
  outcome.size = parser.size_bytes();
  outcome.work = parser.work();
  return outcome;
}

/** One line a row: "row<parent kind [header-start body-start body-end] lines". */
std::string show(const Outcome& outcome) {
  std::string out;
  for (std::size_t row = 0; row < outcome.parts.size(); ++row) {
    const Part& part = outcome.parts[row];
    out.append(std::to_string(row)).append("<").append(std::to_string(part.parent));
    out.append(part.is_opaque                     ? " opaque "
               : part.kind == PartKind::multipart ? " multi "
               : part.kind == PartKind::message   ? " message "
                                                  : " leaf ");
    out.append(std::to_string(part.header_start)).append("-").append(std::to_string(part.body_start));
    out.append("-")
        .append(std::to_string(part.body_end))
        .append(" ")
        .append(std::to_string(part.lines))
        .append("|");
  }
  return out;
}

bool same(const Outcome& a, const Outcome& b) {
  return show(a) == show(b) && a.heard.headers == b.heard.headers && a.heard.bodies == b.heard.bodies &&
         a.heard.ends == b.heard.ends && a.is_truncated == b.is_truncated && a.size == b.size;
}

/** Parses whole and in all splits; returns the table as text. */
std::string table(std::string_view message, const ParseLimits& limits = {}, bool lf_to_crlf = false) {
  const Outcome whole = parse({message}, limits, lf_to_crlf);
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < message.size(); ++i) {
    single.push_back(message.substr(i, 1));
    CHECK(same(parse({message.substr(0, i), message.substr(i)}, limits, lf_to_crlf), whole));
  }
  CHECK(same(parse(single, limits, lf_to_crlf), whole));
  return show(whole);
}

TEST("parser: messages that are one part") {
  CHECK_EQ(table(""), "0<-1 leaf 0-0-0 0|");
  CHECK_EQ(table("\r\n"), "0<-1 leaf 0-2-2 0|");
  CHECK_EQ(table("A: b\r\n\r\nbody\r\nline"), "0<-1 leaf 0-8-18 1|");
  CHECK_EQ(table("A: b\n\nbody\nline\n"), "0<-1 leaf 0-6-16 2|");
  CHECK_EQ(table("A: b\r\n"), "0<-1 leaf 0-6-6 0|");
  CHECK_EQ(table("A: b"), "0<-1 leaf 0-4-4 0|");
  CHECK_EQ(table("A: b\r"), "0<-1 leaf 0-5-5 0|");
  CHECK_EQ(table("\r"), "0<-1 leaf 0-1-1 0|");
  CHECK_EQ(table("\r\r\n\nx"), "0<-1 leaf 0-4-5 0|");
  CHECK_EQ(table("A: b\r\n\r\n--x\r\n--y"), "0<-1 leaf 0-8-16 1|");
}

const std::string k_two_parts =
    "Content-Type: multipart/mixed; boundary=b\r\n"  // 43
    "\r\n"                                           // 45
    "preamble\r\n"                                   // 55
    "--b\r\n"                                        // 60
    "A: 1\r\n\r\none\r\n"                            // 73
    "--b  \r\n"                                      // 80
    "\r\ntwo\r\n\r\n"                                // 89
    "--b--\r\n"                                      // 96
    "epilogue\r\n--b\r\n";                           // 111

TEST("parser: a multipart; the line end before a delimiter is the delimiter's") {
  CHECK_EQ(table(k_two_parts), "0<-1 multi 0-45-111 12|1<0 leaf 60-68-71 0|2<0 leaf 80-82-87 1|");
  const Outcome outcome = parse({k_two_parts});
  CHECK_EQ(outcome.parts[0].first_child, 1);
  CHECK_EQ(outcome.parts[1].next_sibling, 2);
  CHECK_EQ(outcome.parts[2].next_sibling, k_no_row);
  REQUIRE(outcome.heard.bodies.size() == 3);
  CHECK_EQ(outcome.heard.bodies[0], "");
  CHECK_EQ(outcome.heard.bodies[1], "one");
  CHECK_EQ(outcome.heard.bodies[2], "two\r\n");
  CHECK_EQ(outcome.heard.headers[1], "A: 1\r\n\r\n");
  CHECK_EQ(outcome.heard.ends, "1 2 0 ");
  CHECK_EQ(outcome.size, 111);
}

TEST("parser: delimiters at the very begin, without end, unclosed, closed twice") {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";  // 43
  CHECK_EQ(table(head + "--b\n\nx\n--b--"), "0<-1 multi 0-43-55 3|1<0 leaf 47-48-49 0|");
  CHECK_EQ(table(head + "--b\n\nx"), "0<-1 multi 0-43-49 2|1<0 leaf 47-48-49 0|");
  CHECK_EQ(table(head + "--b"), "0<-1 multi 0-43-46 0|");
  CHECK_EQ(table(head + "--b\n"), "0<-1 multi 0-43-47 1|1<0 leaf 47-47-47 0|");
  CHECK_EQ(table(head + "--b\n--b\n--b--\n--b\n"),
           "0<-1 multi 0-43-61 4|1<0 leaf 47-47-47 0|2<0 leaf 51-51-51 0|");
  CHECK_EQ(table(head), "0<-1 multi 0-43-43 0|");
  CHECK_EQ(table(head + "no delimiter\n"), "0<-1 multi 0-43-56 1|");
  CHECK_EQ(table(head + "--b\n\n\n--b\n\n\n\n--b--\n"),
           "0<-1 multi 0-43-62 8|1<0 leaf 47-48-48 0|2<0 leaf 53-54-55 1|");
}

TEST("parser: a delimiter inside a header ends it") {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
  CHECK_EQ(table(head + "--b\nA: 1\nB: 2\n--b--\n"), "0<-1 multi 0-43-63 4|1<0 leaf 47-56-56 0|");
  CHECK_EQ(table(head + "--b\nContent-Type: message/rfc822\n\nA: 1\n--b--\n"),
           "0<-1 multi 0-43-88 5|1<0 message 47-77-81 0|2<1 leaf 77-81-81 0|");
  CHECK_EQ(table(head + "--b\nContent-Type: message/rfc822\n--b--\n"),
           "0<-1 multi 0-43-82 3|1<0 message 47-75-75 0|2<1 leaf 75-75-75 0|");
}

TEST("parser: parts that end right behind a header never reach beyond the part around them") {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\n\n";
  // The empty line ends the inner header and leaves no line end for the delimiter.
  CHECK_EQ(table(head + "--b\nContent-Type: message/rfc822\n\nA: 1\n\n--b--\n"),
           "0<-1 multi 0-43-89 6|1<0 message 47-77-83 2|2<1 leaf 77-83-83 0|");
  CHECK_EQ(table(head + "--b\nContent-Type: message/rfc822\n\n--b--\n"),
           "0<-1 multi 0-43-83 4|1<0 message 47-77-77 0|2<1 leaf 77-77-77 0|");
  CHECK_EQ(table(head + "--b\nContent-Type: message/rfc822\n\n\n--b--\n"),
           "0<-1 multi 0-43-84 5|1<0 message 47-77-78 1|2<1 leaf 77-78-78 0|");
}

TEST("I05, I08: rows of nested multiparts and of messages inside messages") {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=a\n\n"                            // 43
      "--a\n\ntext\n"                                                            // 53
      "--a\nContent-Type: message/rfc822\n\n"                                    // 87
      "Subject: inner\nContent-Type: multipart/alternative; boundary=\"b\"\n\n"  // 153
      "--b\n\none\n--b\nContent-Type: application/pdf\n\ntwo\n--b--\n"           // 207
      "--a--\n";                                                                 // 213
  CHECK_EQ(table(message),
           "0<-1 multi 0-43-213 18|1<0 leaf 47-48-52 0|2<0 message 57-87-206 10|3<2 multi 87-153-206 7|"
           "4<3 leaf 157-158-161 0|5<3 leaf 166-197-200 0|");
  const Outcome outcome = parse({message});
  CHECK_EQ(outcome.parts[2].first_child, 3);
  CHECK_EQ(outcome.parts[3].first_child, 4);
  CHECK_EQ(outcome.heard.ends, "1 4 5 3 2 0 ");
}

TEST("parser: an outer delimiter ends unclosed inner multiparts") {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=a\n\n"
      "--a\nContent-Type: multipart/mixed; boundary=aa\n\n--aa\n\nx\n--a\n\ny\n--a--\n";
  CHECK_EQ(table(message),
           "0<-1 multi 0-43-112 10|1<0 multi 47-91-98 2|2<1 leaf 96-97-98 0|3<0 leaf 103-104-105 0|");
}

TEST("I03: only rfc822 and global are messages; parts of a digest are messages by default") {
  const auto kind = [](std::string_view header) {
    return parse({std::string(header) + "\n\nx: y\n\nz\n"}).parts.size();
  };
  CHECK_EQ(kind("Content-Type: message/rfc822"), 2);
  CHECK_EQ(kind("Content-Type: MESSAGE/Global; x=y"), 2);
  CHECK_EQ(kind("Content-Type: message/delivery-status"), 1);
  CHECK_EQ(kind("Content-Type: message/external-body"), 1);
  const std::string digest =
      "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\nx\n--b\nContent-Type: nonsense\n\ny\n";
  const Outcome outcome = parse({digest});
  REQUIRE(outcome.parts.size() == 4);
  CHECK(outcome.parts[1].kind == PartKind::message);
  CHECK(outcome.parts[3].kind == PartKind::leaf);
  CHECK(outcome.parts[3].is_text);
}

TEST("parser: a multipart without a boundary is text (RFC 2045 5.2)") {
  for (const std::string_view type : {"multipart/mixed", "multipart/mixed; boundary=\"\"", "multipart"}) {
    const Outcome outcome = parse({"Content-Type: " + std::string(type) + "\n\n--\n\nx\n"});
    REQUIRE(outcome.parts.size() == 1);
    CHECK(outcome.parts[0].kind == PartKind::leaf);
    CHECK(outcome.parts[0].is_text);
  }
}

TEST("parser: bare LF counts as CRLF on request, in offsets, sizes and headers") {
  std::string lf;
  for (const char c : k_two_parts) {
    if (c != '\r') lf.push_back(c);
  }
  CHECK_EQ(table(lf, {}, true), table(k_two_parts));
  const Outcome converted = parse({lf}, {}, true);
  const Outcome original = parse({k_two_parts});
  CHECK(converted.heard.headers == original.heard.headers);
  CHECK_EQ(converted.size, original.size);
  // Mixed line ends: only the bare ones grow.
  CHECK_EQ(table("A: b\r\nC: d\n\nx\r\ny\n", {}, true), "0<-1 leaf 0-14-20 2|");
}

TEST("limits: the last part allowed takes the rest (E01)") {
  ParseLimits limits;
  limits.max_parts = 3;
  std::string message = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n";
  const std::size_t rest = message.size();
  for (int i = 0; i < 10; ++i) message += "\ny\n--b\n";
  CHECK_EQ(table(message, limits), "0<-1 multi 0-43-" + std::to_string(message.size()) +
                                       " 34|1<0 leaf 47-48-49 0|2<0 opaque " + std::to_string(rest) + "-" +
                                       std::to_string(rest) + "-" + std::to_string(message.size()) + " 30|");
  const Outcome outcome = parse({message}, limits);
  CHECK(outcome.is_truncated);
  CHECK_EQ(outcome.heard.bodies[2], message.substr(rest));
  limits.max_parts = 1;
  CHECK_EQ(table(message, limits), "0<-1 opaque 0-43-" + std::to_string(message.size()) + " 34|");
  CHECK(!parse({k_two_parts}, {}).is_truncated);
  // At the bound: three rows and not a fourth.
  limits.max_parts = 4;
  CHECK(!parse({"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n"}, limits)
             .is_truncated);
}

TEST("limits: a message inside a multipart leaves a row for the rest") {
  ParseLimits limits;
  limits.max_parts = 3;
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nA: "
      "1\n\n--b\n\nx\n--b--\n";
  CHECK_EQ(table(message, limits), "0<-1 multi 0-43-96 9|1<0 opaque 47-77-82 1|2<0 opaque 87-87-96 3|");
  limits.max_parts = 4;
  CHECK_EQ(parse({message}, limits).parts.size(), 4);
}

TEST("limits: a container too deep is opaque, its delimiters still work") {
  ParseLimits limits;
  limits.max_depth = 2;
  const std::string message =
      "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; "
      "boundary=b\n\n--b\n\nx\n"
      "--a\nContent-Type: message/rfc822\n\nA: b\n\n--a--\n";
  CHECK_EQ(table(message, limits), "0<-1 multi 0-43-143 12|1<0 opaque 47-90-96 2|2<0 opaque 101-131-136 1|");
  CHECK(parse({message}, limits).is_truncated);
  limits.max_depth = 3;
  CHECK(!parse({message}, limits).is_truncated);
  limits.max_depth = 1;
  CHECK_EQ(parse({message}, limits).parts.size(), 1);
}

TEST("limits: a header field that does not fit is left out whole, the rest stays") {
  ParseLimits limits;
  limits.max_header_bytes = 40;
  const std::string message =
      "A: 1\r\nB: " + std::string(100, 'x') + "\r\n " + std::string(20, 'y') + "\r\nC: 3\r\n\r\nbody\r\n";
  table(message, limits);
  const Outcome outcome = parse({message}, limits);
  CHECK_EQ(outcome.heard.headers[0], "A: 1\r\nC: 3\r\n\r\n");
  CHECK(outcome.is_truncated);
  CHECK_EQ(outcome.heard.bodies[0], "body\r\n");
  // At the bound, the empty line counted, and one octet past it.
  const std::string exact = "A: " + std::string(33, 'x') + "\r\n\r\n";
  CHECK_EQ(exact.size(), 40);
  CHECK_EQ(parse({exact}, limits).heard.headers[0], exact);
  CHECK_EQ(parse({"A: " + std::string(34, 'x') + "\r\n\r\n"}, limits).heard.headers[0], "\r\n");
}

TEST("E01: 200,000 parts and 10,000 levels in linear cost") {
  std::string parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 200'000; ++i) parts += "--b\r\n\r\n";
  const Outcome many = parse({parts});
  CHECK_EQ(many.parts.size(), ParseLimits().max_parts);
  CHECK(many.is_truncated);
  CHECK(many.work < 4 * parts.size());

  std::string levels;
  for (int i = 0; i < 10'000; ++i) {
    const std::string boundary = "same-prefix-" + std::to_string(100'000 + i);
    levels += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  const std::size_t nested = levels.size();
  for (int i = 0; i < 50'000; ++i) levels += "--same-prefix-x\r\n";
  ParseLimits deep;
  deep.max_parts = 100'000;
  for (const std::uint32_t depth : {60u, 500u, 20'000u}) {
    deep.max_depth = depth;
    const Outcome outcome = parse({levels}, deep);
    CHECK_EQ(outcome.parts.size(), std::min<std::size_t>(depth, 10'001));
    CHECK(outcome.work < 6 * levels.size());
    CHECK(outcome.parts[0].body_end == levels.size() && nested < levels.size());
  }
}

}  // namespace
}  // namespace tegu::mime
