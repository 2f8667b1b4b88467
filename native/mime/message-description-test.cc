// Whole messages to ENVELOPE, BODY, BODYSTRUCTURE and table; expectations were compared with Dovecot 2.3
// where they are not marked otherwise.
#include "mime/message-description.h"

#include <chrono>

#include "test/check.h"

namespace tegu::mime {
namespace {

MessageDescription describe(std::string_view message, const ParseLimits& limits = {},
                            bool lf_to_crlf = false) {
  MessageDescriber describer(limits, lf_to_crlf);
  describer.feed(bytes::as_bytes(message));
  MessageDescription description;
  describer.finish(description);
  return description;
}

std::string structure(std::string_view message) {
  return describe(message).body_structure;
}

/** One value of the table. */
double column(const MessageDescription& description, std::size_t row, std::size_t index) {
  return description.parts[row * k_part_columns + index];
}

constexpr std::size_t k_decoded_size = 9;

TEST("structure: the defaults (RFC 2045 5.2)") {
  const MessageDescription description = describe("From: a@b\r\n\r\nx\r\ny\r\n");
  CHECK_EQ(description.body, R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2))");
  CHECK_EQ(description.body_structure,
           R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 2 NIL NIL NIL NIL))");
  CHECK_EQ(description.header, "From: a@b\r\n\r\n");
  CHECK_EQ(description.size_bytes, 19);
  CHECK(!description.is_truncated);
  CHECK(!description.has_date);
  CHECK_EQ(structure(""), R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))");
}

TEST("structure: one part with everything (RFC 9051 7.5.2)") {
  CHECK_EQ(
      structure(
          "Content-Type: IMAGE/png; name=\"a b.png\"\r\nContent-Transfer-Encoding: BASE64\r\nContent-ID: "
          "<x@y>\r\n"
          "Content-Description: he\"llo\\\r\nContent-MD5: q==\r\nContent-Language: en, ru\r\n"
          "Content-Location: http://x/\r\n"
          "Content-Disposition: attachment; filename*0*=utf-8''%D0; filename*1=x; size=3\r\n\r\nAAAA\r\n"),
      R"(("IMAGE" "png" ("name" "a b.png") "<x@y>" "he\"llo\\" "BASE64" 6 "q==" )"
      R"(("attachment" ("size" "3" "filename*" "utf-8''%D0x")) ("en" "ru") "http://x/"))");
  CHECK_EQ(structure("Content-Type: text/plain; x=y\r\n\r\n"),
           R"(("text" "plain" ("x" "y" "charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL))");
}

// Not as Dovecot, which writes empty strings.
TEST("I04: Content-Type without subtype, or broken, is text/plain") {
  for (const std::string_view type : {"X-ZIP", "text", "", "text/", "/plain"}) {
    CHECK_EQ(structure("Content-Type: " + std::string(type) + "\r\n\r\nx\r\n"),
             R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL))");
  }
}

TEST("I03: message/delivery-status is a basic part, message/rfc822 has envelope, structure and lines") {
  CHECK_EQ(structure("Content-Type: message/delivery-status\r\n\r\nA: b\r\n"),
           R"(("message" "delivery-status" NIL NIL NIL "7bit" 6 NIL NIL NIL NIL))");
  CHECK_EQ(
      structure("Content-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nbody\r\n"),
      R"(("message" "rfc822" NIL NIL NIL "7bit" 20 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) )"
      R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL))");
  CHECK_EQ(describe("Content-Type: message/rfc822\r\n\r\n").body,
           R"(("message" "rfc822" NIL NIL NIL "7bit" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) )"
           R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) 0))");
}

TEST("I05: nested multiparts down to the leaves") {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/related; "
      "boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n"
      "Content-Type: multipart/parallel; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--a--\r\n";
  CHECK_EQ(
      describe(message).body,
      R"(((("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 3 0) "related")("message" "rfc822" NIL NIL NIL )"
      R"("7bit" 63 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (("text" "plain" ("charset" "us-ascii") NIL NIL )"
      R"("7bit" 1 0) "parallel") 5) "mixed"))");
  CHECK_EQ(
      structure(message),
      R"(((("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "related" ("boundary" "b") )"
      R"(NIL NIL NIL)("message" "rfc822" NIL NIL NIL "7bit" 63 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) )"
      R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "parallel" ("boundary" "c") )"
      R"(NIL NIL NIL) 5 NIL NIL NIL NIL) "mixed" ("boundary" "a") NIL NIL NIL))");
}

TEST("structure: a multipart without parts shows an empty one") {
  CHECK_EQ(
      structure("Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing\r\n"),
      R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") )"
      R"(NIL NIL NIL))");
  CHECK_EQ(describe("Content-Type: multipart/mixed; boundary=b\r\n\r\n").body,
           R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed"))");
}

TEST("structure: parts of a digest are messages by default") {
  CHECK_EQ(
      describe(
          "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: s\r\n\r\nx\r\n--b--\r\n")
          .body,
      R"((("message" "rfc822" NIL NIL NIL "7bit" 15 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) )"
      R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) 2) "digest"))");
}

TEST("I06: foreign octets in the structure are escaped or literal") {
  CHECK_EQ(structure("Content-Type: text/plain; name=\"\xe9\"; x=\"a\\\"b\"\r\n\r\n"),
           "(\"text\" \"plain\" (\"name\" {1}\r\n\xe9 \"x\" \"a\\\"b\" \"charset\" \"us-ascii\") NIL NIL "
           "\"7bit\" 0 0 NIL NIL "
           "NIL NIL)");
}

TEST("decoded sizes: counted while streaming, -1 for an unknown encoding, containers as they are") {
  const auto size = [](std::string_view encoding, std::string_view body, bool lf_to_crlf = false) {
    const std::string message =
        "Content-Transfer-Encoding: " + std::string(encoding) + "\r\n\r\n" + std::string(body);
    return column(describe(message, {}, lf_to_crlf), 0, k_decoded_size);
  };
  CHECK_EQ(size("7bit", "a\r\nb"), 4);
  CHECK_EQ(size("base64", "Zm9v\r\nYmE=\r\n"), 5);
  CHECK_EQ(size("quoted-printable", "=D0=9F=\r\nx \r\n"), 5);
  CHECK_EQ(size("quoted-printable", "a\nb=\nc\n", true), 7);
  CHECK_EQ(size("x-uuencode", "a"), -1);
  const MessageDescription parts = describe(
      "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n--b\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nZm9v\r\n--b\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\nZg\r\n--b\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nx=\r\n--b--\r\n");
  CHECK_EQ(column(parts, 0, k_decoded_size), column(parts, 0, 2) - column(parts, 0, 1));
  CHECK_EQ(column(parts, 1, k_decoded_size), 3);
  CHECK_EQ(column(parts, 2, k_decoded_size), 1);
  CHECK_EQ(column(parts, 3, k_decoded_size), 1);
}

TEST("description: the last Date counts, as in ENVELOPE") {
  const MessageDescription good = describe("Date: x\r\nDate: Thu, 1 Jan 1970 00:00:01 +0100\r\n\r\n");
  CHECK(good.has_date);
  CHECK_EQ(good.date.unix_ms, -3599000);
  CHECK_EQ(good.date.zone_minutes, 60);
  CHECK(!describe("Date: Thu, 1 Jan 1970 00:00:01 +0100\r\nDate: x\r\n\r\n").has_date);
}

TEST("description: bare LF as CRLF gives the description of the CRLF message") {
  const std::string crlf =
      "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\na=\r\nb\r\nc\r\n--b--\r\n";
  std::string lf;
  for (const char c : crlf) {
    if (c != '\r') lf.push_back(c);
  }
  const MessageDescription a = describe(crlf);
  const MessageDescription b = describe(lf, {}, true);
  CHECK_EQ(b.body_structure, a.body_structure);
  CHECK_EQ(b.header, a.header);
  CHECK_EQ(b.size_bytes, a.size_bytes);
  CHECK(b.parts == a.parts);
}

TEST("description: limits cut, the result is well-formed and says so") {
  ParseLimits limits;
  limits.max_parts = 2;
  const MessageDescription rest = describe(
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--\r\n",
      limits);
  CHECK(rest.is_truncated);
  CHECK_EQ(rest.body, R"((("application" "octet-stream" NIL NIL NIL "7bit" 37) "mixed"))");
  limits = {};
  limits.max_depth = 1;
  CHECK_EQ(describe("Content-Type: message/rfc822\r\nContent-ID: x\r\n\r\nA: b\r\n", limits).body,
           R"(("application" "octet-stream" NIL "x" NIL "7bit" 6))");
}

TEST("description: what is kept stays within its budget") {
  // Headers of many parts, each at its limit: descriptions beyond the budget are bare.
  ParseLimits limits;
  limits.max_header_bytes = 16'384;
  std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const std::string part = "--b\r\nContent-Description: " + std::string(16'000, 'x') + "\r\n\r\n";
  for (int i = 0; i < 100; ++i) message += part;
  const MessageDescription many = describe(message, limits);
  CHECK(many.is_truncated);
  CHECK(many.body_structure.size() < 150'000);
  CHECK_EQ(many.parts.size() / k_part_columns, 101);
  // Addresses that are longer as IMAP has them than in the header.
  std::string commas = "From: ";
  commas.append(16'000, ',');
  const MessageDescription envelope = describe(commas + "\r\n\r\n", limits);
  CHECK(envelope.is_truncated);
  CHECK(envelope.envelope.size() < 150'000);
}

TEST("description: hostile headers and bodies take linear time") {
  const std::size_t size = 500'000;
  const auto repeated = [&](std::string_view head, std::string_view text, std::string_view tail) {
    std::string message(head);
    while (message.size() < size) message.append(text);
    return message.append(tail);
  };
  const std::string hostile[] = {
      repeated("From: ", "(", "\r\n\r\n"),
      repeated("From: ", "\"a\" ", "\r\n\r\n"),
      repeated("From: ", "<@", "\r\n\r\n"),
      repeated("From: ", "a:", "\r\n\r\n"),
      repeated("From: ", "a@b (c),", "\r\n\r\n"),
      repeated("From: ", "a . ", "\r\n\r\n"),
      repeated("Content-Type: a/b", ";n*0=x", "\r\n\r\n"),
      repeated("Content-Type: a/b", ";\"", "\r\n\r\n"),
      repeated("Content-Type: a/b", ";(", "\r\n\r\n"),
      repeated("Content-Type: a/b; x=\"", "\\\"", "\r\n\r\n"),
      repeated("Content-Language: ", "a,", "\r\n\r\n"),
      repeated("", "A:\r\n", "\r\n"),
      repeated("", "A\r\n", "\r\n"),
      repeated("A: b\r\n", " \r\n", "\r\n"),
      repeated("", "\r", "\r\n"),
      repeated("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--\n", ""),
      repeated("Content-Type: multipart/mixed; boundary=b\r\n\r\n", "\r\n-", ""),
      repeated("Content-Type: multipart/mixed; boundary=b\r\n\r\n",
               "--b\r\nContent-Type: message/rfc822\r\n\r\n", ""),
      repeated("Content-Transfer-Encoding: quoted-printable\r\n\r\n", "= \t", ""),
      repeated("Content-Transfer-Encoding: base64\r\n\r\n", "=", ""),
  };
  for (const std::string& message : hostile) {
    const auto start = std::chrono::steady_clock::now();
    const MessageDescription description = describe(message);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    CHECK_EQ(description.size_bytes, message.size());
    // Quadratic cost would be hours; a linear parse under the sanitizers takes tens of milliseconds.
    CHECK(elapsed.count() < 5.0);
  }
}

}  // namespace
}  // namespace tegu::mime
