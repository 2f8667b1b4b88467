// RFC 2045 parameters, RFC 2231 segments in their IMAP form and decoded, and the habits of mailers.
#include "mime/parameter-list.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

ParameterList read(std::string_view text) {
  ParameterList parameters;
  FieldCursor cursor(bytes::as_bytes(text));
  read_parameters(cursor, parameters);
  return parameters;
}

std::string show(const ParameterList& parameters) {
  std::string out;
  for (const Parameter& parameter : parameters) {
    out.append(parameter.name).append("=").append(parameter.value).append("|");
  }
  return out;
}

/** Decoded text of `name`, "(none)" when it is absent. */
std::string text(std::string_view field, std::string_view name, std::string_view charset = "") {
  std::string out;
  if (!append_parameter_text(out, read(field), name, find_charset(charset))) return "(none)";
  return out;
}

struct Sample {
  std::string_view field;
  std::string_view expected;
};

TEST("parameters: tokens, quoted strings, comments and damage") {
  constexpr Sample k_samples[] = {
      {"", ""},
      {"; charset=utf-8;format=flowed", "charset=utf-8|format=flowed|"},
      {" ; charset = \"utf-8\" ; x=y", "charset=utf-8|x=y|"},
      {"; name=\"a\\\"b;c.pdf\"", "name=a\"b;c.pdf|"},
      {";\r\n\tname=\"a\r\n b\"", "name=a b|"},
      {"; charset=x (c; d=e); f=g", "charset=x|f=g|"},
      {"; name==?utf-8?q?a?=; x=y", "name==?utf-8?q?a?=|x=y|"},
      {"; boundary=----=_Part/1", "boundary=----=_Part/1|"},
      {"; name=a b.pdf; x=y", "name=a|x=y|"},
      {"; name=", "name=|"},
      {"; name", ""},
      {"; name=\"a;b\"; ;x=y", "name=a;b|x=y|"},
      {"; =y; z=1", "z=1|"},
      {"; a=b c=d; e=f", "a=b|e=f|"},
      {"; charset=\"x", "charset=x|"},
      {"; charset=utf-8,", "charset=utf-8|"},
      {" charset=utf-8; x=y", "x=y|"},
      {"; name=\xd0\x9f", "name=\xd0\x9f|"},
      {"; a=1; a=2", "a=1|a=2|"},
  };
  for (const Sample& sample : k_samples) CHECK_EQ(show(read(sample.field)), sample.expected);
  CHECK_EQ(show(read(std::string_view("; n=\"a\0b\"", 9))),
           "n=a\xef\xbf\xbd"
           "b|");
}

TEST("parameters: at most k_max_parameters are kept") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += ";a=b";
  CHECK_EQ(read(many).size(), k_max_parameters);
}

TEST("parameters: RFC 2231 segments joined as BODYSTRUCTURE shows them") {
  constexpr Sample k_samples[] = {
      {"; name*=utf-8''%20a", "name*=utf-8''%20a|"},
      {"; name*0=a; name*1=b", "name=ab|"},
      {"; name*1=b; x=y; NAME*0=a", "x=y|NAME=ab|"},
      {"; name*0*=utf-8''%20; name*1=b%", "name*=utf-8''%20b%25|"},
      {"; name*0=a%; name*1*=%20", "name*=''a%25%20|"},
      {"; name*0=a; name*2=c", "name*0=a|name*2=c|"},
      {"; name*0=a; name*0=c", "name*0=a|name*0=c|"},
      {"; n*=x; n=y", "n=y|n*=x|"},
      {"; b*=1; a*=2", "a*=2|b*=1|"},
      {"; *=x; n*x=y; n*0x=z", "*=x|n*x=y|n*0x=z|"},
      {"; n*99999999999999999999=x", "n*99999999999999999999=x|"},
  };
  for (const Sample& sample : k_samples) {
    CHECK_EQ(show(joined_parameters(read(sample.field))), sample.expected);
  }
}

TEST("E03: file names out of extended, split, mixed, encoded-word and raw 8-bit parameters") {
  // "отчёт.txt"
  const std::string_view report = "\xd0\xbe\xd1\x82\xd1\x87\xd1\x91\xd1\x82.txt";
  const std::string_view encoded = "%D0%BE%D1%82%D1%87%D1%91%D1%82";
  const auto with = [](std::string_view a, std::string_view b, std::string_view c) {
    return std::string(a).append(b).append(c);
  };
  CHECK_EQ(text(with("; filename*=UTF-8''", encoded, ".txt"), "filename"), report);
  CHECK_EQ(text("; filename*=koi8-r'ru'%CF%D4%DE%A3%D4.txt", "filename"), report);
  CHECK_EQ(text(with("; filename*0*=UTF-8''", encoded, "; filename*1=.txt"), "filename"), report);
  CHECK_EQ(text(with("; filename*1=.txt; filename*0*=UTF-8''", encoded, ""), "filename"), report);
  // A character over two segments.
  CHECK_EQ(text("; filename*0*=UTF-8''%D0; filename*1*=%BE.txt", "filename"), "\xd0\xbe.txt");
  // A gap ends the value; a bad escape is text.
  CHECK_EQ(text("; filename*0=a; filename*2=c", "filename"), "a");
  CHECK_EQ(text("; filename*=utf-8''100%zz%4", "filename"), "100%zz%4");
  // The extended form wins.
  CHECK_EQ(text(with("; filename=fallback.txt; filename*=UTF-8''", encoded, ".txt"), "filename"), report);
  // Encoded word where none belongs.
  CHECK_EQ(text("; filename=\"=?utf-8?B?0L7RgtGH0ZHRgi50eHQ=?=\"", "filename"), report);
  CHECK_EQ(text("; filename*0=\"=?utf-8?B?0L7RgtGH0ZHRgi\"; filename*1=\"50eHQ=?=\"", "filename"), report);
  // Raw octets: of the part's charset, or guessed.
  CHECK_EQ(text("; filename=\"\xee\xf2\xf7\xb8\xf2.txt\"", "filename", "windows-1251"), report);
  CHECK_EQ(text("; filename=\"\xee\xf2\xf7\xb8\xf2.txt\"", "filename"), report);
  CHECK_EQ(text("; filename=\"\xcf\xd4\xde\xa3\xd4.txt\"", "filename", "koi8-r"), report);
  CHECK_EQ(text(with("; filename=\"", report, "\""), "filename", "windows-1251"), report);
  CHECK_EQ(text("; filename*=''plain", "filename"), "plain");
  CHECK_EQ(text("; filename*=no-quotes", "filename"), "no-quotes");
  CHECK_EQ(text("; filename*=utf-8''a%00b%0D%0Ac", "filename"),
           "a\xef\xbf\xbd"
           "b  c");
  CHECK_EQ(text("; name=x", "filename"), "(none)");
  CHECK_EQ(text("", "filename"), "(none)");
}

}  // namespace
}  // namespace tegu::mime
