// Maildir file names: octets 0..3 choose flags, the rest is the name.
//
// Oracles: parsing stays inside the name; setting flags gives exactly these flags, keeps base and sizes, and
// doing it twice changes nothing.
#include <cstring>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "maildir/maildir-name.h"

FUZZ_TARGET(data) {
  using namespace tegu::maildir;
  if (data.size() < 4) return;
  std::uint32_t flags = 0;
  std::memcpy(&flags, data.data(), sizeof flags);
  flags &= k_all_flags;
  const std::string_view name(reinterpret_cast<const char*>(data.data()) + 4, data.size() - 4);

  const MaildirName before = parse_maildir_name(name);
  FUZZ_ASSERT(before.base_length <= name.size());
  FUZZ_ASSERT(before.size >= -1 && before.virtual_size >= -1 && before.flags <= k_all_flags);

  const std::string changed = with_flags(name, flags);
  const MaildirName after = parse_maildir_name(changed);
  FUZZ_ASSERT(after.flags == flags);
  FUZZ_ASSERT(after.base_length == before.base_length && after.size == before.size);
  FUZZ_ASSERT(after.virtual_size == before.virtual_size);
  FUZZ_ASSERT(changed.compare(0, after.base_length, name.substr(0, before.base_length)) == 0);
  FUZZ_ASSERT(with_flags(changed, flags) == changed);
}
