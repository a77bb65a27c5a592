// Names in archives: what is written is read back as it was.
#include <random>

#include <catch2/catch.hpp>

#include "archive/folder_name.hpp"
#include "archive/maildir_name.hpp"

namespace tandem::archive {
namespace {

TEST_CASE("A Maildir name of ours says which message it is", "[maildir]") {
  const std::string unique = unique_name({17, 45}, 1'700'000'000, 1234);
  CHECK(unique == "1700000000.V17U45.tandemail,S=1234");
  const MaildirName name = parse_maildir_name(unique + ":2,FSa");
  CHECK(name.unique == unique);
  CHECK(name.letters == "FSa");
  CHECK(name.time == 1'700'000'000);
  CHECK(name.origin == Origin{17, 45});
  CHECK(parse_maildir_name(unique_name({0xffffffff, 0xffffffff}, -5, 0)).origin ==
        Origin{0xffffffff, 0xffffffff});
}

TEST_CASE("Other people's Maildir names are none of ours", "[maildir]") {
  const MaildirName dovecot =
      parse_maildir_name("1354321000.M20046P2137.mailserver,S=4542,W=4642:2,RS");
  CHECK(dovecot.time == 1'354'321'000);
  CHECK(dovecot.letters == "RS");
  CHECK_FALSE(dovecot.origin.known());
  for (const char* const other :
       {"", "1", "12345", "abc:2,S", "1700000000", "1700000000.", "1700000000.V17U45.host",
        "1700000000.V17.tandemail", "1700000000.V0U1.tandemail",
        "1700000000.V99999999999U1.tandemail"})
    CHECK_FALSE(parse_maildir_name(other).origin.known());
  CHECK_FALSE(parse_maildir_name("12345.a").time);  // MH and the like: no time of mail
}

TEST_CASE("Flags and keywords become letters and come back", "[maildir]") {
  Keywords keywords = Keywords::parse("0 $label1\n1 Work\nnonsense\n99 x\n");
  sync::Flags flags;
  for (const char* const flag : {"\\Seen", "\\Answered", "\\Draft", "work", "Next", "\\Recent"})
    flags.add(flag);
  std::vector<std::string> without;
  const std::string letters = letters_for(flags, keywords, without);
  CHECK(letters == "DRSbc");
  CHECK(without.empty());
  CHECK(keywords.changed());
  CHECK(keywords.to_text() == "0 $label1\n1 Work\n2 Next\n");
  sync::Flags same = flags_from(letters, Keywords::parse(keywords.to_text()));
  CHECK(sync::minus(same, flags).empty());
  CHECK(sync::minus(flags, same).empty());
  CHECK(flags_from("P", keywords).keywords.list() == sync::Keywords::List{"$Forwarded"});
}

TEST_CASE("A folder holds 26 keywords; what is beyond is told", "[maildir]") {
  Keywords keywords;
  sync::Flags flags;
  for (int number = 0; number < 28; ++number) flags.add("key" + std::to_string(number));
  std::vector<std::string> without;
  CHECK(letters_for(flags, keywords, without).size() == 26);
  CHECK(without.size() == 2);
}

TEST_CASE("Folder names as Dovecot writes them", "[folder name]") {
  CHECK(maildir_name_of({"INBOX"}).empty());
  CHECK(maildir_name_of({"Projects", "2021"}) == ".Projects.2021");
  CHECK(maildir_name_of({"送信済み"}) == ".&kAFP4W4IMH8-");
  CHECK(maildir_name_of({"a.b/c\\d"}) == ".a\\2eb\\2fc\\5cd");
  CHECK(path_of_maildir(".送信済み") == Path{"送信済み"});  // a tree whose names are UTF-8
  CHECK(path_of_maildir(".Tom & Ann") == Path{"Tom & Ann"});
  CHECK(path_of_maildir(".a\\b") == Path{"a\\b"});
  CHECK(mbox_name_of({"INBOX"}) == "INBOX.mbox");
  CHECK(mbox_name_of({"A", "B"}) == "A/B.mbox");
  CHECK(mbox_name_of({"..", "x"}) == "\\2e./x.mbox");
  CHECK(path_of_mbox("Local.sbd/Archiv") == Path{"Local", "Archiv"});
  CHECK(path_of_mbox("inbox") == Path{"INBOX"});
}

TEST_CASE("Any path comes back from both kinds of names", "[folder name]") {
  std::mt19937 random(11);
  const std::vector<std::string> atoms = {"a",     "Z",     ".",    "/",  "\\",   "~",
                                          "&",     "-",     " ",    "é",  "送",   "2e",
                                          ".mbox", "x.sbd", "\\2e", "😀", "INBOX"};
  for (int turn = 0; turn < 20'000; ++turn) {
    Path path;
    for (unsigned depth = 1 + random() % 3; depth > 0; --depth) {
      std::string part;
      for (unsigned size = 1 + random() % 4; size > 0; --size)
        part += atoms[random() % atoms.size()];
      path.push_back(part);
    }
    CAPTURE(path);
    CHECK(path_of_maildir(maildir_name_of(path)) == path);
    CHECK(path_of_mbox(mbox_name_of(path)) == path);
    CHECK(mbox_name_of(path).find("..") != 0);
  }
}

}  // namespace
}  // namespace tandem::archive
