// Vectors of RFC 4648 10, the damage that mail shows, and chunk invariance.
#include "bytes/base64.h"

#include <string>
#include <vector>

#include "test/check.h"

namespace tegu::bytes {
namespace {

std::string decode(const std::vector<std::string_view>& pieces) {
  Base64Decoder decoder;
  std::string out;
  for (const std::string_view piece : pieces) {
    std::vector<std::uint8_t> room(Base64Decoder::max_output(piece.size()));
    const std::size_t size = decoder.feed(as_bytes(piece), room.data());
    out.append(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size));
  }
  std::uint8_t tail[2];
  out.append(reinterpret_cast<const char*>(tail), decoder.finish(tail));
  return out;
}

std::size_t count(const std::vector<std::string_view>& pieces) {
  Base64Decoder decoder;
  std::size_t total = 0;
  for (const std::string_view piece : pieces) total += decoder.feed(as_bytes(piece), nullptr);
  return total + decoder.finish(nullptr);
}

struct Vector {
  std::string_view encoded;
  std::string_view decoded;
};

constexpr Vector k_vectors[] = {
    {"", ""},
    {"Zg==", "f"},
    {"Zm8=", "fo"},
    {"Zm9v", "foo"},
    {"Zm9vYg==", "foob"},
    {"Zm9vYmE=", "fooba"},
    {"Zm9vYmFy", "foobar"},
    // Padding forgotten, digits left over.
    {"Zm9vYg", "foob"},
    {"Zm9vYmE", "fooba"},
    {"Zm9vY", "foo"},
    // Line ends and junk between digits.
    {"Zm\r\n9v\r\nYm-_!Fy\r\n", "foobar"},
    // Two padded pieces one behind the other.
    {"Zg==Zm8=", "ffo"},
    {"====Zm9v", "foo"},
    {"Z=Zm9v", "foo"},
    {"\xff\x80Zm9v\x00", "foo"},
};

TEST("base64: vectors, damage and every split give the same octets, counted or written") {
  for (const Vector& vector : k_vectors) {
    CHECK_EQ(decode({vector.encoded}), vector.decoded);
    CHECK_EQ(count({vector.encoded}), vector.decoded.size());
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < vector.encoded.size(); ++i) {
      const std::vector<std::string_view> halves = {vector.encoded.substr(0, i), vector.encoded.substr(i)};
      CHECK_EQ(decode(halves), vector.decoded);
      CHECK_EQ(count(halves), vector.decoded.size());
      single.push_back(vector.encoded.substr(i, 1));
    }
    CHECK_EQ(decode(single), vector.decoded);
    CHECK_EQ(count(single), vector.decoded.size());
  }
}

TEST("base64: pseudo-random input is counted as it is decoded") {
  constexpr std::string_view k_dense = "ABCzyx0189+/==\r\n *";
  std::uint32_t state = 7;
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 120; ++i) {
      state = state * 1664525 + 1013904223;
      text += k_dense[(state >> 16) % k_dense.size()];
    }
    CHECK_EQ(count({text}), decode({text}).size());
  }
}

}  // namespace
}  // namespace tegu::bytes
