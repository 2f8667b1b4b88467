// Content-* fields: what is read, what is lenient, what counts as absent.
#include "mime/part-header.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

PartHeader read(std::string_view header) {
  PartHeader part;
  read_part_header(bytes::as_bytes(header), part);
  return part;
}

/** "type/subtype" or "(none)". */
std::string type(std::string_view value) {
  const auto media_type = parse_media_type(bytes::as_bytes(value));
  return media_type ? media_type->type + "/" + media_type->subtype : "(none)";
}

TEST("content type: both parts or none (I04, RFC 2045 5.2)") {
  struct Sample {
    std::string_view value;
    std::string_view expected;
  };
  constexpr Sample k_samples[] = {
      {" text/plain", "text/plain"},
      {"TEXT/Html; charset=x", "TEXT/Html"},
      {" (c) text / (d) plain ; x=y", "text/plain"},
      {"text/plain charset=utf-8", "text/plain"},
      {"text/html, foo", "text/html"},
      {"text/html/xml", "text/html"},
      {"text", "text/plain"},
      {"application/vnd.ms-excel.sheet.12", "application/vnd.ms-excel.sheet.12"},
      {"X-ZIP", "(none)"},
      {"multipart", "(none)"},
      {"text/", "(none)"},
      {"/plain", "(none)"},
      {"", "(none)"},
      {"\"text/html\"", "(none)"},
      {"text\\html", "text/plain"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(type(sample.value), sample.expected);
}

TEST("part header: all fields of one part") {
  const PartHeader part = read(
      "Subject: x\r\ncontent-TYPE: image/png;\r\n name=\"a.png\"\r\nContent-Transfer-Encoding : BASE64\r\n"
      "Content-ID: <a@b>\r\nContent-Description: a  b\r\n c\r\nContent-MD5: abc=\r\nContent-Language: en, ru "
      "(x)\r\n"
      "Content-Location: http://x/\r\nContent-Disposition: attachment; filename=a.png\r\n\r\nContent-ID: "
      "no\r\n");
  REQUIRE(part.media_type.has_value());
  CHECK(part.media_type->is("IMAGE", "PNG"));
  CHECK_EQ(*find_parameter(part.media_type->parameters, "NAME"), "a.png");
  CHECK(part.encoding() == TransferEncoding::base64);
  CHECK_EQ(*part.encoding_token, "BASE64");
  CHECK_EQ(*part.id, "<a@b>");
  CHECK_EQ(*part.description, "a  b c");
  CHECK_EQ(*part.md5, "abc=");
  CHECK_EQ(*part.location, "http://x/");
  CHECK_EQ(part.disposition->type, "attachment");
  CHECK_EQ(*find_parameter(part.disposition->parameters, "filename"), "a.png");
  REQUIRE(part.languages.size() == 2);
  CHECK_EQ(part.languages[1], "ru");
}

TEST("part header: of repeated fields the first counts") {
  const PartHeader part = read(
      "Content-Type: text/html\nContent-Type: text/plain\nContent-Transfer-Encoding: 8bit\n"
      "Content-Transfer-Encoding: base64\nContent-ID: 1\nContent-ID: 2\nContent-Disposition: inline\n"
      "Content-Disposition: attachment\n");
  CHECK(part.media_type->is("text", "html"));
  CHECK(part.encoding() == TransferEncoding::eight_bit);
  CHECK_EQ(*part.id, "1");
  CHECK_EQ(part.disposition->type, "inline");
  // A broken type is not replaced by a later one: two readers would see two messages.
  const PartHeader broken = read("Content-Type: nonsense\nContent-Type: text/html\n");
  CHECK(broken.has_type_field);
  CHECK(!broken.media_type.has_value());
}

TEST("part header: transfer encodings (RFC 2045 6.1)") {
  const auto encoding = [](std::string_view value) {
    return read(std::string("Content-Transfer-Encoding: ").append(value) + "\r\n").encoding();
  };
  CHECK(encoding("7bit") == TransferEncoding::seven_bit);
  CHECK(encoding("8BIT (c)") == TransferEncoding::eight_bit);
  CHECK(encoding("binary;") == TransferEncoding::binary);
  CHECK(encoding("Quoted-Printable") == TransferEncoding::quoted_printable);
  CHECK(encoding("x-uuencode") == TransferEncoding::other);
  CHECK(encoding("base64 binary") == TransferEncoding::seven_bit);
  CHECK(encoding("\"8bit\"") == TransferEncoding::seven_bit);
  CHECK(encoding("") == TransferEncoding::seven_bit);
}

TEST("part header: disposition and language without their value are absent") {
  CHECK(!read("Content-Disposition: \r\n").disposition.has_value());
  CHECK_EQ(read("Content-Disposition: ; filename=x\r\n").disposition->type, "attachment");
  CHECK(read("Content-Language: \"en\"\r\n").languages.empty());
  CHECK_EQ(*read("Content-ID:\r\n").id, "");
}

}  // namespace
}  // namespace tegu::mime
