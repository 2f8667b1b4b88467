// The texts for the full-text index: what stands in which string, separators, the bound.
#include "mime/text-collector.h"

#include "test/check.h"

namespace tegu::mime {
namespace {

constexpr std::string_view k_message =
    "Subject: One  TWO\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nFirst\r\nLINE\r\n"
    "--b\r\nContent-Type: application/octet-stream; name=Data.bin\r\n\r\nhidden\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\nDeep\r\n--b--\r\n";

void check(std::string_view message, std::size_t max_bytes, std::string_view header, std::string_view body,
           bool is_whole) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, message.size()}) {
    TextCollector collector(ParseLimits(), false, max_bytes);
    for (std::size_t at = 0; at < message.size(); at += step)
      collector.feed(bytes::as_bytes(message.substr(at, step)));
    collector.finish();
    CHECK_EQ(collector.header(), header);
    CHECK_EQ(collector.body(), body);
    CHECK_EQ(collector.is_whole(), is_whole);
  }
}

TEST("text collector: headers apart from bodies, a separator before each text") {
  check(k_message, 10'000,
        "\x01subject: one two\x01"
        "content-type: multipart/mixed; boundary=b\x01"
        "content-type: text/plain\x01"
        "content-type: application/octet-stream; name=data.bin\x01"
        "data.bin\x01"
        "content-type: message/rfc822",
        "\x01"
        "first line\x01subject: inner\x01"
        "deep",
        true);
}

TEST("text collector: NUL separates, too") {
  check(std::string_view("\r\na\0b", 5), 100, "",
        std::string_view("\x01"
                         "a\x01"
                         "b"),
        true);
}

TEST("text collector: nothing over the bound, characters stay whole") {
  check("\r\nabc", 4, "",
        "\x01"
        "abc",
        true);
  check("\r\nabc", 3, "",
        "\x01"
        "ab",
        false);
  check("\r\na\xd0\xb6", 4, "",
        "\x01"
        "a\xd0\xb6",
        true);
  check("\r\na\xd0\xb6", 3, "",
        "\x01"
        "a",
        false);
  check("\r\na", 0, "", "", false);
}

}  // namespace
}  // namespace tegu::mime
