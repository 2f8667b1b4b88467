// The text of headers and bodies: encoded words, parameters, addresses, dates, charsets, transfer encodings,
// folding.
//
// Oracles: decoded text is UTF-8 without CR, LF and NUL; streaming decoders give the same in pieces; folding
// is idempotent and keeps substrings; an address list ends, and its parts hold no NUL.
#include <algorithm>
#include <string>

#include "bytes/base64.h"
#include "bytes/quoted-printable.h"
#include "bytes/utf8.h"
#include "fuzz.h"
#include "mime/address-list.h"
#include "mime/charset-guess.h"
#include "mime/date-time.h"
#include "mime/encoded-word.h"
#include "mime/header-selection.h"
#include "mime/search-folding.h"

namespace {

using namespace tegu::mime;
namespace bytes = tegu::bytes;

class Checker final : public AddressSink {
 public:
  bool on_address(const Address& address) noexcept override {
    for (const std::string& text :
         {address.mailbox, address.host, address.name.value_or(""), address.route.value_or("")}) {
      FUZZ_ASSERT(text.find('\0') == std::string::npos);
    }
    return ++count < 100'000;
  }

  std::size_t count = 0;
};

void check_text(const std::string& text) {
  FUZZ_ASSERT(bytes::is_valid_utf8(bytes::as_bytes(text)));
  FUZZ_ASSERT(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

/** Output of a decoder that appends to a string, fed in pieces. */
template <typename Decoder>
std::string decode(Decoder& decoder, Bytes text, std::size_t step) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += step) {
    decoder.feed(text.subspan(at, std::min(step, text.size() - at)), out);
  }
  decoder.finish(out);
  return out;
}

template <typename Decoder>
std::string decode_transfer(Bytes text, std::size_t step) {
  Decoder decoder;
  std::string out;
  std::string room(Decoder::max_output(std::min(step, text.size())), '\0');
  auto* const octets = reinterpret_cast<std::uint8_t*>(room.data());
  for (std::size_t at = 0; at < text.size(); at += step) {
    out.append(room, 0, decoder.feed(text.subspan(at, std::min(step, text.size() - at)), octets));
  }
  out.append(room, 0, decoder.finish(octets));
  return out;
}

void check_charset(std::string_view label, Bytes text, std::size_t step) {
  CharsetDecoder whole(find_charset(label));
  CharsetDecoder pieces(find_charset(label));
  const std::string decoded = decode(whole, text, text.size() + 1);
  FUZZ_ASSERT(bytes::is_valid_utf8(bytes::as_bytes(decoded)));
  FUZZ_ASSERT(decode(pieces, text, step) == decoded);
}

}  // namespace

FUZZ_TARGET(data) {
  const std::size_t step = data.empty() ? 1 : data[0] % 7u + 1;
  std::string text;
  append_header_text(text, data, find_charset("koi8-r"));
  check_text(text);
  for (const std::string& value : header_values(data, "Subject")) check_text(value);
  text.clear();
  if (header_parameter(data, "Content-Disposition", "filename", text)) check_text(text);
  Checker checker;
  read_addresses(data, checker);
  FUZZ_ASSERT(checker.count <= data.size() + 2);
  DateTime date;
  if (parse_date(data, date) == DateStatus::ok) FUZZ_ASSERT(std::abs(date.zone_minutes) < 100 * 60);

  for (const char* const label : {"utf-8", "utf-16", "windows-1251", "us-ascii", "gb18030", "big5",
                                  "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp", "koi8-r"}) {
    check_charset(label, data, step);
  }
  GuessingDecoder whole;
  GuessingDecoder pieces;
  FUZZ_ASSERT(decode(whole, data, data.size() + 1) == decode(pieces, data, step));
  FUZZ_ASSERT(decode_transfer<bytes::Base64Decoder>(data, step) ==
              decode_transfer<bytes::Base64Decoder>(data, data.size() + 1));
  FUZZ_ASSERT(decode_transfer<bytes::QuotedPrintableDecoder>(data, step) ==
              decode_transfer<bytes::QuotedPrintableDecoder>(data, data.size() + 1));

  std::string clean;
  bytes::append_repaired_utf8(clean, data);
  const std::string folded = fold_for_search(clean);
  FUZZ_ASSERT(fold_for_search(folded) == folded);
  std::size_t middle = clean.size() / 2;
  while (middle < clean.size() && (clean[middle] & 0xc0) == 0x80) ++middle;
  FUZZ_ASSERT(folded.find(fold_for_search(std::string_view(clean).substr(middle))) != std::string::npos);
}
