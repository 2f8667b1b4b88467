// Response assembly, all parts fed with the same octets. Oracles: what is written has exactly the measured
// size; strings read back as what was written; sets are as short as can be; hostile keyword names cannot add
// or break a response line.
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "fuzz.h"
#include "imap/flag-rows.h"
#include "imap/sequence-set.h"
#include "imap/tokenizer.h"
#include "imap/wire-string.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::as_bytes;
using tegu::bytes::Bytes;

/** The octets as elements of another type, as many as fit. */
template <typename Element>
std::vector<Element> elements_of(Bytes data) {
  std::vector<Element> elements(data.size() / sizeof(Element));
  if (!elements.empty()) std::memcpy(elements.data(), data.data(), elements.size() * sizeof(Element));
  return elements;
}

void check_string(Bytes data, bool allow_eight_bit) {
  const StringPlan plan = plan_string(data, allow_eight_bit);
  std::string wire(plan.size, '?');
  FUZZ_ASSERT(write_string(wire.data(), data, plan) == wire.data() + wire.size());
  const std::size_t line_end = plan.is_literal ? wire.find("\r\n") : wire.size();
  FUZZ_ASSERT(line_end != std::string::npos);
  Token token[2];
  const Fragment fragment = tokenize(as_bytes(wire).first(line_end), FragmentStart::token, token);
  FUZZ_ASSERT(fragment.error == TokenError::none && fragment.count == 1);
  const std::string_view text = tegu::bytes::as_text(data);
  if (plan.is_literal) {
    FUZZ_ASSERT(token[0].kind == TokenKind::literal && wire.substr(line_end + 2) == text);
    FUZZ_ASSERT(static_cast<std::size_t>(token[0].number) == text.size());
    return;
  }
  FUZZ_ASSERT(token[0].kind == TokenKind::quoted);
  std::string read;
  for (auto i = static_cast<std::size_t>(token[0].start); i < static_cast<std::size_t>(token[0].end); ++i) {
    if (wire[i] == '\\') ++i;
    read += wire[i];
  }
  FUZZ_ASSERT(read == text);
}

void check_numbers(const std::vector<std::uint32_t>& numbers) {
  std::string set(sequence_set_size(numbers), '?');
  write_sequence_set(numbers, set.data());
  FUZZ_ASSERT(set.find('?') == std::string::npos && set.empty() == numbers.empty());
  std::size_t runs = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const bool continues = i > 0 && numbers[i] >= numbers[i - 1] && numbers[i] - numbers[i - 1] <= 1;
    if (!continues) ++runs;
  }
  const auto commas = static_cast<std::size_t>(std::count(set.begin(), set.end(), ','));
  FUZZ_ASSERT(commas + 1 == std::max<std::size_t>(runs, 1));
  std::string list(number_list_size(numbers), '?');
  write_number_list(numbers, list.data());
  std::string expected;
  for (const std::uint32_t number : numbers) expected += " " + std::to_string(number);
  FUZZ_ASSERT(list == expected);
}

/** Keyword names are the words between NUL octets. */
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at <= text.size() && words.size() < 40;) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

void check_flag_rows(Bytes data) {
  const std::vector<std::uint32_t> numbers = elements_of<std::uint32_t>(data);
  const std::size_t count = numbers.size() / 2;
  const std::vector<double> mod_seqs = elements_of<double>(data);
  const std::span<const std::uint32_t> all(numbers);
  FlagRows rows;
  rows.seqs = rows.uids = all.first(count);
  rows.flags = all.last(count);
  rows.mod_seqs = mod_seqs;
  rows.with_uid = !data.empty() && (data[0] & 1) != 0;
  rows.with_mod_seq = !data.empty() && (data[0] & 2) != 0;
  const std::vector<std::string_view> keywords = words_of(tegu::bytes::as_text(data));
  FlagTexts texts(keywords);
  std::string out(flag_rows_size(rows, 0, count, texts), '?');
  write_flag_rows(rows, 0, count, texts, out.data());
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = out.find("\r\n", at);
    FUZZ_ASSERT(end != std::string::npos);
    std::vector<Token> tokens(64);
    const Fragment fragment = tokenize(as_bytes(out).subspan(at, end - at), FragmentStart::token, tokens);
    FUZZ_ASSERT(fragment.error == TokenError::none && tokens[fragment.count - 1].kind == TokenKind::close);
    at = end + 2;
  }
  FUZZ_ASSERT(at == out.size());
}

}  // namespace

FUZZ_TARGET(data) {
  check_string(data, false);
  check_string(data, true);
  check_numbers(elements_of<std::uint32_t>(data));
  check_flag_rows(data);
}
