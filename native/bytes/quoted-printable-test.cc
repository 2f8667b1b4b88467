// Rules of RFC 2045 6.7, robustness of its closing notes, and chunk invariance.
#include "bytes/quoted-printable.h"

#include <string>
#include <vector>

#include "test/check.h"

namespace tegu::bytes {
namespace {

std::string decode(const std::vector<std::string_view>& pieces, bool lf_to_crlf = false) {
  QuotedPrintableDecoder decoder(lf_to_crlf);
  std::string out;
  const auto append = [&out](const std::vector<std::uint8_t>& room, std::size_t size) {
    out.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
  };
  for (const std::string_view piece : pieces) {
    std::vector<std::uint8_t> room(QuotedPrintableDecoder::max_output(piece.size()));
    append(room, decoder.feed(as_bytes(piece), room.data()));
  }
  std::vector<std::uint8_t> room(QuotedPrintableDecoder::max_output(0));
  append(room, decoder.finish(room.data()));
  return out;
}

std::size_t count(const std::vector<std::string_view>& pieces) {
  QuotedPrintableDecoder decoder;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) total += decoder.feed(as_bytes(piece), nullptr);
  return total + decoder.finish(nullptr);
}

struct Vector {
  std::string encoded;
  std::string decoded;
};

std::vector<Vector> vectors() {
  const std::string run(QuotedPrintableDecoder::k_max_run, ' ');
  return {
      {"", ""},
      {"plain text\r\nsecond", "plain text\r\nsecond"},
      {"=D0=9F=d1=80", "\xd0\x9f\xd1\x80"},
      {"a=3Db", "a=b"},
      // Soft breaks, with white space that a relay added, with bare LF.
      {"one=\r\ntwo", "onetwo"},
      {"one= \t\r\ntwo", "onetwo"},
      {"one=\ntwo", "onetwo"},
      // Rule 3: white space before a line end goes, before the end of the text too; =20 stays.
      {"a \t \r\nb ", "a\r\nb"},
      {"a =20\r\n", "a  \r\n"},
      {"a =\r\n b", "a  b"},
      // "=" that begins nothing.
      {"a=b c", "a=b c"},
      {"a=xb", "a=xb"},
      {"a=4xb", "a=4xb"},
      {"a== b", "a== b"},
      {"a==41", "a=A"},
      {"a= b", "a= b"},
      {"a=\rb", "a=\rb"},
      {"a=\r\r\nb", "a=\r\r\nb"},
      {"a \r \r\nb", "a \r\r\nb"},
      // Unfinished at the end of the text.
      {"a=", "a"},
      {"a=4", "a=4"},
      {"a=\r", "a"},
      {"a\r", "a\r"},
      // A run too long for transport padding loses only its last piece.
      {"x" + run + "y\r\n", "x" + run + "y\r\n"},
      {"x" + run + "\r\n", "x\r\n"},
      {"x" + run + "  \r\n", "x" + run + "\r\n"},
      {"x=" + run + "  \r\n", "x=" + run + "\r\n"},
  };
}

TEST("quoted-printable: rules, damage and every split give the same octets, counted or written") {
  for (const Vector& vector : vectors()) {
    CHECK_EQ(decode({vector.encoded}), vector.decoded);
    CHECK_EQ(count({vector.encoded}), vector.decoded.size());
    const std::string_view encoded = vector.encoded;
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      CHECK_EQ(decode({encoded.substr(0, i), encoded.substr(i)}), vector.decoded);
      single.push_back(encoded.substr(i, 1));
    }
    CHECK_EQ(decode(single), vector.decoded);
    CHECK_EQ(count(single), vector.decoded.size());
  }
}

TEST("quoted-printable: bare LF becomes CRLF on request, CRLF stays") {
  CHECK_EQ(decode({"a\nb\r\nc =\nd"}, true), "a\r\nb\r\nc d");
}

TEST("quoted-printable: pseudo-random input does not depend on its split") {
  constexpr std::string_view k_dense = "==  \t\r\n\r\n4aFx";
  std::uint32_t state = 11;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      state = state * 1664525 + 1013904223;
      text += k_dense[(state >> 16) % k_dense.size()];
    }
    const std::string whole = decode({text});
    const std::size_t at = (state >> 8) % text.size();
    CHECK_EQ(decode({std::string_view(text).substr(0, at), std::string_view(text).substr(at)}), whole);
    CHECK_EQ(count({text}), whole.size());
  }
}

}  // namespace
}  // namespace tegu::bytes
