// crypt_hash against published vectors and its own round trip.
#include "password/crypt-hash.h"

#include <string>

#include "test/check.h"

using tegu::password::crypt_hash;
using tegu::password::CryptStatus;

TEST("crypt: knows the sha512 vector of the SHA-crypt specification") {
  // First vector of the SHA-crypt specification, the same from `openssl passwd -6 -salt saltstring`.
  const std::string expected =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  std::string hash;
  CHECK(crypt_hash("Hello world!", expected, hash) == CryptStatus::ok);
  CHECK_EQ(hash, expected);
  CHECK(crypt_hash("Hello world?", expected, hash) == CryptStatus::ok);
  CHECK(hash != expected);
}

TEST("crypt: refuses unknown settings and embedded nul") {
  std::string hash;
  CHECK(crypt_hash("x", "$nonsense$", hash) == CryptStatus::unknown_setting);
  CHECK(crypt_hash("x", "", hash) == CryptStatus::unknown_setting);
  CHECK(crypt_hash(std::string("a\0b", 3), "$6$salt$", hash) == CryptStatus::unknown_setting);
  CHECK(hash.empty());
}

TEST("crypt: hashes yescrypt of this system") {
  std::string hash;
  const CryptStatus status = crypt_hash("secret", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$", hash);
  CHECK(status == CryptStatus::ok);
  CHECK_EQ(hash.substr(0, 3), std::string("$y$"));
}
