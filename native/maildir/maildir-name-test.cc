// File names as Dovecot, Courier, mutt and others write them, and as nobody should.
#include "maildir/maildir-name.h"

#include <string>
#include <string_view>

#include "test/check.h"

namespace {

using tegu::maildir::MaildirName;
using tegu::maildir::parse_maildir_name;
using tegu::maildir::with_flags;
using namespace std::string_view_literals;

constexpr std::uint32_t k_r = 1, k_f = 2, k_t = 4, k_s = 8, k_d = 16, k_a = 32, k_z = 1U << 30;

TEST("maildir name: base, sizes and flags") {
  struct Row {
    std::string_view name;
    std::size_t base_length;
    std::int64_t size;
    std::int64_t virtual_size;
    std::uint32_t flags;
  };
  const Row rows[] = {
      {"1276528487.M364837P9451.kurkku,S=1355,W=1394:2,", 44, 1355, 1394, 0},
      {"1.M2P3.host,S=10:2,S", 16, 10, -1, k_s},
      {"1.M2P3.host,W=12,S=10:2,DFRSTaz", 21, 10, 12, k_r | k_f | k_t | k_s | k_d | k_a | k_z},
      {"1.M2P3.host", 11, -1, -1, 0},
      {"1.M2P3.host:2,SS", 11, -1, -1, k_s},
      {"1.M2P3.host:2,PS", 11, -1, -1, k_s},
      {"1.host:2,S,extra=R", 6, -1, -1, k_s},
      {"1.host:1,S", 6, -1, -1, 0},
      {"1.host:2S", 6, -1, -1, 0},
      {"1.host:", 6, -1, -1, 0},
      {"1.host,S=", 9, -1, -1, 0},
      {"1.host,S=-1", 11, -1, -1, 0},
      {"1.host,S=1x", 11, -1, -1, 0},
      {"1.host,S=0", 10, 0, -1, 0},
      {"1.host,S=9007199254740991", 25, 9007199254740991, -1, 0},
      {"1.host,S=9007199254740992", 25, -1, -1, 0},
      {"1.host,S=99999999999999999999999", 32, -1, -1, 0},
      {"1.host,S=5,S=6", 14, 5, -1, 0},
      {"1.hostS=5", 9, -1, -1, 0},
      {"S=5", 3, -1, -1, 0},
      {"", 0, -1, -1, 0},
      {":2,S", 0, -1, -1, k_s},
      {"a:2,S:2,R", 1, -1, -1, k_s},
  };
  for (const Row& row : rows) {
    const MaildirName parsed = parse_maildir_name(row.name);
    CHECK_EQ(parsed.base_length, row.base_length);
    CHECK_EQ(parsed.size, row.size);
    CHECK_EQ(parsed.virtual_size, row.virtual_size);
    CHECK_EQ(parsed.flags, row.flags);
  }
}

TEST("maildir name: every octet as a flag letter means its bit or nothing") {
  for (int octet = 0; octet < 256; ++octet) {
    const auto letter = static_cast<char>(octet);
    const std::uint32_t flags = parse_maildir_name(std::string("b:2,") + letter).flags;
    std::uint32_t expected = 0;
    if (letter >= 'a' && letter <= 'z') expected = 1U << (5 + letter - 'a');
    const std::size_t capital = "RFTSD"sv.find(letter);
    if (capital != std::string_view::npos) expected = 1U << capital;
    CHECK_EQ(flags, expected);
  }
}

TEST("maildir name: setting flags sorts them and keeps what is not ours") {
  struct Row {
    std::string_view name;
    std::uint32_t flags;
    std::string_view expected;
  };
  const Row rows[] = {
      {"b", 0, "b:2,"},
      {"b,S=1,W=2", k_s | k_d | k_z | k_a, "b,S=1,W=2:2,DSaz"},
      {"b:2,FRS", k_t, "b:2,T"},
      {"b:2,PS", k_f | k_s, "b:2,FPS"},
      {"b:2,XPP", 0, "b:2,PX"},
      {"b:2,S,more,S=3", k_r, "b:2,R,more,S=3"},
      {"b:1,x", k_s, "b:2,S"},
      {"b:2", k_s, "b:2,S"},
      {"b", 0x7fffffff, "b:2,DFRSTabcdefghijklmnopqrstuvwxyz"},
  };
  for (const Row& row : rows) {
    const std::string changed = with_flags(row.name, row.flags);
    CHECK_EQ(changed, row.expected);
    CHECK_EQ(parse_maildir_name(changed).flags, row.flags);
    CHECK_EQ(with_flags(changed, row.flags), changed);
  }
}

}  // namespace
