// IMAP command tokenizer, at both kinds of fragment start. Oracles: the tokens and the spaces between them
// are the input again, octet for octet (fixpoint); an error lies behind them; a token fewer of room yields
// the same tokens up to there; a line that was split whole is split the same way when more follows it.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/view.h"
#include "fuzz.h"
#include "imap/tokenizer.h"

namespace {

using namespace tegu::imap;
using tegu::bytes::Bytes;

/** What a literal token may be made of. */
void check_literal(std::string_view marker, const Token& token) {
  const bool binary = (token.flags & k_flag_binary) != 0;
  const bool non_sync = (token.flags & k_flag_non_sync) != 0;
  FUZZ_ASSERT(marker.starts_with(binary ? "~{" : "{") && marker.ends_with(non_sync ? "+}" : "}"));
  marker.remove_prefix(binary ? 2 : 1);
  marker.remove_suffix(non_sync ? 2 : 1);
  FUZZ_ASSERT(!marker.empty() && marker.find_first_not_of("0123456789") == std::string_view::npos);
  FUZZ_ASSERT(token.number >= 0);
}

/** Walks over one token from `at`; returns the offset behind it. */
std::size_t check_token(std::string_view text, const Token& token, std::size_t at) {
  if ((token.flags & k_flag_space_before) != 0) FUZZ_ASSERT(text[at++] == ' ');
  if (token.kind == TokenKind::quoted) FUZZ_ASSERT(text[at++] == '"');
  FUZZ_ASSERT(token.start == static_cast<std::int32_t>(at) && token.end >= token.start);
  const std::string_view body = text.substr(at, static_cast<std::size_t>(token.end - token.start));
  at += body.size();
  switch (token.kind) {
    case TokenKind::atom:
      FUZZ_ASSERT(!body.empty() || (token.flags & k_flag_continued_section) != 0);
      break;
    case TokenKind::quoted:
      FUZZ_ASSERT(text[at++] == '"');
      FUZZ_ASSERT(body.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
      break;
    case TokenKind::literal:
      check_literal(body, token);
      break;
    case TokenKind::open:
      FUZZ_ASSERT(body == "(");
      break;
    case TokenKind::close:
      FUZZ_ASSERT(body == ")");
      break;
  }
  return at;
}

void check_fragment(Bytes data, FragmentStart start) {
  const std::string_view text = tegu::bytes::as_text(data);
  std::vector<Token> tokens(data.size() + 1);
  const Fragment fragment = tokenize(data, start, tokens);
  FUZZ_ASSERT(fragment.error != TokenError::too_many_tokens && fragment.error != TokenError::too_long);
  FUZZ_ASSERT(fragment.count <= tokens.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < fragment.count; ++i) {
    at = check_token(text, tokens[i], at);
    FUZZ_ASSERT(tokens[i].kind != TokenKind::literal || i + 1 == fragment.count);
    FUZZ_ASSERT((tokens[i].flags & k_flag_continued_section) == 0 || i == 0);
  }
  const bool failed = fragment.error != TokenError::none;
  FUZZ_ASSERT(failed ? at <= fragment.error_at && fragment.error_at <= text.size() : at == text.size());

  if (fragment.count > 0) {
    std::vector<Token> fewer(fragment.count - 1);
    const Fragment bounded = tokenize(data, start, fewer);
    FUZZ_ASSERT(bounded.count == fewer.size() && bounded.error == TokenError::too_many_tokens);
    FUZZ_ASSERT(std::equal(fewer.begin(), fewer.end(), tokens.begin()));
  }
  if (failed || fragment.count == 0 || tokens[fragment.count - 1].kind == TokenKind::literal) return;
  const std::string longer = std::string(text) + " x";
  std::vector<Token> more(longer.size() + 1);
  const Fragment extended = tokenize(tegu::bytes::as_bytes(longer), start, more);
  // A "[" that was an ordinary octet may begin a section only if "]" followed, and none did.
  const bool after_open = tokens[fragment.count - 1].kind == TokenKind::open;
  FUZZ_ASSERT(extended.error == (after_open ? TokenError::extra_space : TokenError::none));
  FUZZ_ASSERT(extended.count == fragment.count + (after_open ? 0 : 1));
  FUZZ_ASSERT(
      std::equal(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(fragment.count), more.begin()));
}

}  // namespace

FUZZ_TARGET(data) {
  check_fragment(data, FragmentStart::token);
  check_fragment(data, FragmentStart::section);
}
