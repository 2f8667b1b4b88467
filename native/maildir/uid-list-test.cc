// dovecot-uidlist and dovecot-keywords, whole and damaged. The texts are made after the format's description.
#include "maildir/uid-list.h"

#include <string>
#include <string_view>

#include "test/check.h"

namespace {

using tegu::maildir::KeywordList;
using tegu::maildir::parse_keyword_list;
using tegu::maildir::parse_uid_list;
using tegu::maildir::UidList;
using namespace std::string_view_literals;

/** The entries as text: `uid=name uid=name`. */
std::string entries(const UidList& list) {
  std::string text;
  for (std::size_t i = 0; i < list.uids.size(); ++i) {
    if (i > 0) text += ' ';
    text += std::to_string(list.uids[i]) + "=";
    text += list.names.substr(list.name_offsets[i], list.name_offsets[i + 1] - list.name_offsets[i]);
  }
  return text;
}

TEST("uid list: version 3 with extensions, flags in names and lines past the header's next UID") {
  const UidList list = parse_uid_list(
      "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
      "25006 :1276528487.M364837P9451.host,S=1355,W=1394:2,\n"
      "25017 W2481 S2449 :1276533073.M242911P3632.host:2,F\n"
      "25021 P0 Oabc Gxyz :plain\n"
      "25030 :appended\n");
  CHECK_EQ(list.version, 3);
  CHECK_EQ(list.uid_validity, 1275660208);
  CHECK_EQ(list.uid_next, 25031);
  CHECK_EQ(list.error_line, -1);
  CHECK_EQ(entries(list),
           "25006=1276528487.M364837P9451.host,S=1355,W=1394 25017=1276533073.M242911P3632.host 25021=plain "
           "25030=appended");
}

TEST("uid list: version 1") {
  const UidList list = parse_uid_list("1 1173189136 7\n3 one:2,S\n6 two\n");
  CHECK_EQ(list.version, 1);
  CHECK_EQ(list.uid_validity, 1173189136);
  CHECK_EQ(list.uid_next, 7);
  CHECK_EQ(entries(list), "3=one 6=two");
  CHECK_EQ(list.error_line, -1);
  CHECK_EQ(parse_uid_list("1 5 7\n7 late\n").error_line, 2);
}

TEST("uid list: header alone, and headers that are none") {
  const UidList empty = parse_uid_list("3 V5 N1\n");
  CHECK_EQ(empty.error_line, -1);
  CHECK_EQ(empty.uids.size(), 0);
  CHECK_EQ(empty.name_offsets.size(), 1);
  for (const std::string_view bad : {""sv, "\n"sv, "3\n"sv, "3 V5 N1"sv, "3 V0 N1\n"sv, "3 V5 N0\n"sv,
                                     "3 V5\n"sv, "3 N5\n"sv, "2 V5 N1\n"sv, "3 V4294967296 N1\n"sv,
                                     "3 V5 N1x\n"sv, "1 5\n"sv, "1 0 1\n"sv, "garbage\n"sv, "\0\0\0\0\n"sv}) {
    const UidList list = parse_uid_list(bad);
    CHECK_EQ(list.error_line, 1);
    CHECK_EQ(list.uid_validity, 0);
    CHECK_EQ(list.uids.size(), 0);
  }
}

TEST("uid list: what stands before a bad line is kept, and the line is told") {
  for (const std::string_view bad :
       {"12 :twelve"sv, "x :n\n"sv, "4 :again\n"sv, "3 :lower\n"sv, "9\n"sv, "9 \n"sv, "9 :\n"sv,
        "9 name\n"sv, "9 :a/b\n"sv, "9 :../../etc/passwd\n"sv, "9 :.hidden\n"sv, "9 :a\0b\n"sv,
        "9  :double\n"sv, "\n"sv, "4294967295 :last\n"sv, "4294967296 :over\n"sv, "-9 :n\n"sv,
        "9 ::2,S\n"sv}) {
    const UidList list = parse_uid_list("3 V5 N9\n4 :four\n" + std::string(bad));
    CHECK_EQ(list.error_line, 3);
    CHECK_EQ(entries(list), "4=four");
    CHECK_EQ(list.uid_next, 9);
  }
}

TEST("uid list: cut anywhere it gives a beginning of the whole") {
  const std::string whole = "3 V5 N9 Gabc\n1 W2 :one:2,S\n2 :two\n70000 :three\n";
  const std::string all = entries(parse_uid_list(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string part = entries(parse_uid_list(whole.substr(0, length)));
    CHECK_EQ(part, all.substr(0, part.size()));
  }
}

TEST("keyword list: letters, holes, keywords past z, and bad lines") {
  const KeywordList list = parse_keyword_list("0 $Forwarded\n2 Junk\n25 last\n26 unmapped\n300 more\n");
  CHECK_EQ(list.error_line, -1);
  CHECK_EQ(list.names[0], "$Forwarded");
  CHECK_EQ(list.names[1], "");
  CHECK_EQ(list.names[2], "Junk");
  CHECK_EQ(list.names[25], "last");
  CHECK_EQ(parse_keyword_list("").error_line, -1);
  for (const std::string_view bad : {"1\n"sv, "1 \n"sv, "x y\n"sv, "1 a b\n"sv, "0 again\n"sv, "1 cut"sv,
                                     "\n"sv, "1 a\0\n"sv, "1 a\r\n"sv}) {
    const KeywordList broken = parse_keyword_list("0 $Forwarded\n" + std::string(bad) + "2 Junk\n");
    CHECK_EQ(broken.error_line, 2);
    CHECK_EQ(broken.names[0], "$Forwarded");
    CHECK_EQ(broken.names[2], "");
  }
}

}  // namespace
