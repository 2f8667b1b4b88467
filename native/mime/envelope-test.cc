// ENVELOPE of whole headers, as RFC 9051 7.5.2 and Dovecot have it.
#include "mime/envelope.h"

#include <string_view>

#include "test/check.h"

namespace tegu::mime {
namespace {

std::string envelope(std::string_view header, std::size_t max_size = 100'000) {
  std::string out;
  append_envelope(out, bytes::as_bytes(header), max_size);
  return out;
}

TEST("I07: always ten fields, Sender and Reply-To default to From") {
  CHECK_EQ(envelope(""), k_empty_envelope);
  CHECK_EQ(
      envelope("From: Joe <a@b>\r\nSubject: x\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\n"),
      "(\"Mon, 1 Jan 2024 00:00:00 +0000\" \"x\" ((\"Joe\" NIL \"a\" \"b\")) ((\"Joe\" NIL \"a\" \"b\")) "
      "((\"Joe\" NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)");
  // RFC 9051 7.5.2: a default also where the field is there and empty.
  CHECK_EQ(envelope("From: a@b\r\nSender: \r\nReply-To: c@d\r\n\r\n"),
           "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL "
           "NIL)");
  CHECK_EQ(envelope("From:\r\nTo: (nobody)\r\n\r\n"), k_empty_envelope);
}

TEST("I07: groups are marked by NIL hosts") {
  CHECK_EQ(envelope("To: grp: a@b;, Undisclosed:;\r\n\r\n"),
           "(NIL NIL NIL NIL NIL ((NIL NIL \"grp\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)"
           "(NIL NIL \"Undisclosed\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)");
}

TEST("I06: nothing in a header can end a string or begin another") {
  CHECK_EQ(envelope("From: \"x\\\" NIL \\\"y\" <a@b>\r\nSubject: he\"llo\\\r\nIn-Reply-To: \xe9\r\n\r\n"),
           "(NIL \"he\\\"llo\\\\\" ((\"x\\\" NIL \\\"y\" NIL \"a\" \"b\")) ((\"x\\\" NIL \\\"y\" NIL \"a\" "
           "\"b\")) "
           "((\"x\\\" NIL \\\"y\" NIL \"a\" \"b\")) NIL NIL NIL {1}\r\n\xe9 NIL)");
  CHECK_EQ(envelope(std::string_view("Message-ID: a\0b\r\n\r\n", 19)),
           "(NIL NIL NIL NIL NIL NIL NIL NIL NIL {5}\r\na\xef\xbf\xbd"
           "b)");
}

TEST("envelope: present and empty is not absent, white space and folds of each kind of field") {
  CHECK_EQ(envelope("Subject:\r\nMessage-ID:\r\n\r\n"), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL \"\")");
  CHECK_EQ(envelope("Subject:  a  b\t c \r\n  d\r\nMessage-ID: <a@b>\r\n  <c@d>\r\n\r\n"),
           "(NIL \"a b c d\" NIL NIL NIL NIL NIL NIL NIL \"<a@b>  <c@d>\")");
}

TEST("envelope: repeated address fields are one list, of other fields the last counts") {
  CHECK_EQ(envelope("To: a@b\r\nsubject: 1\r\nTo: c@d\r\nSUBJECT: 2\r\n\r\n"),
           "(NIL \"2\" NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)");
}

TEST("envelope: lists beyond the size end early and well-formed") {
  std::string header = "To: ";
  for (int i = 0; i < 1000; ++i) header += "a@b,";
  header += "\r\nMessage-ID: <x>\r\n\r\n";
  std::string out;
  CHECK(!append_envelope(out, bytes::as_bytes(header), 200));
  CHECK(out.size() < 300);
  CHECK(out.ends_with("(NIL NIL \"a\" \"b\")) NIL NIL NIL \"<x>\")"));
  out.clear();
  CHECK(append_envelope(out, bytes::as_bytes(header), 1'000'000));
}

}  // namespace
}  // namespace tegu::mime
