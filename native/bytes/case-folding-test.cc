// Samples of each alphabet, and properties over all code points.
#include "bytes/case-folding.h"

#include "test/check.h"

namespace tegu::bytes {
namespace {

TEST("case folding: samples of the alphabets, from the Unicode charts") {
  struct Sample {
    char32_t upper;
    char32_t lower;
  };
  constexpr Sample k_samples[] = {
      {'A', 'a'},       {'Z', 'z'},       {0xc4, 0xe4},       {0x100, 0x101},     {0x178, 0xff},
      {0x17f, 's'},     {0x391, 0x3b1},   {0x3a3, 0x3c3},     {0x3c2, 0x3c3},     {0x410, 0x430},
      {0x42f, 0x44f},   {0x401, 0x451},   {0x490, 0x491},     {0x531, 0x561},     {0x10a0, 0x2d00},
      {0x1e9e, 0xdf},   {0x1f88, 0x1f80}, {0x2126, 0x3c9},    {0x212a, 'k'},      {0x212b, 0xe5},
      {0x2160, 0x2170}, {0x24b6, 0x24d0}, {0xff21, 0xff41},   {0x10400, 0x10428}, {0x1c80, 0x432},
      {0x13a0, 0x13a0}, {0xab70, 0x13a0}, {0x1e900, 0x1e922},
  };
  for (const Sample& sample : k_samples) CHECK(fold_case(sample.upper) == sample.lower);
}

TEST("case folding: letters without case, signs and values beyond Unicode stand for themselves") {
  for (const char32_t code : {U'0', U'@', U'[', U'\x7f', U'\u05d0', U'\u4e00', U'\uac00', U'\U0001f600'}) {
    CHECK(fold_case(code) == code);
  }
  CHECK(fold_case(0x110000) == 0x110000);
  CHECK(fold_case(0xffffffff) == 0xffffffff);
}

TEST("case folding: folding twice changes nothing") {
  bool stable = true;
  for (char32_t code = 0; code <= 0x10ffff; ++code) stable &= fold_case(fold_case(code)) == fold_case(code);
  CHECK(stable);
}

}  // namespace
}  // namespace tegu::bytes
