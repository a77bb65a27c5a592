// With whom a folder is shared, out of what servers write into an ACL.
#include "migration/sharing.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "lib/protocol/imap/response.hpp"

using namespace tandem::migration;
using tandem::imap::response::Acl;

namespace {

const std::vector<std::string> own{"hanako@example.jp", "hanako.sato@example.com"};

// "person bob read+write (lrwi); -group team read (r); "
std::string told(std::vector<tandem::imap::response::AclEntry> entries) {
  Acl acl;
  acl.entries = std::move(entries);
  std::string said;
  for (const Grant& one : sharing_in(acl, own).grants) {
    said += fmt::format("{}{}{}{} ", one.denied ? "-" : "", name_of(one.who),
                        one.name.empty() ? "" : " ", one.name);
    for (const May may : one.may)
      said += fmt::format("{}{}", may == one.may.front() ? "" : "+", name_of(may));
    said += fmt::format(" ({}); ", one.rights);
  }
  return said;
}

}  // namespace

TEST_CASE("sharing: an owner's own entry is no sharing, by whatever name the server has it") {
  CHECK(told({{"hanako@example.jp", "lrswipkxtecda"}}).empty());
  CHECK(told({{"Hanako", "lrswipkxtecda"}}).empty());                // Cyrus, its default domain
  CHECK(told({{"hanako.sato@example.com", "lra"}}).empty());         // the log-in there
  CHECK(told({{"owner", "lrwstipekxa"}, {"-owner", "a"}}).empty());  // Dovecot
  CHECK(told({{"#owner", "lr"}}).empty());
  CHECK(told({{"hanako@example.net", "lr"}}) == "person hanako@example.net read (lr); ");
  CHECK(told({{"bob", ""}, {"", "lr"}}).empty());
}

TEST_CASE("sharing: groups, everybody and rights taken away") {
  CHECK(told({{"group:team", "lr"}}) == "group team read (lr); ");
  CHECK(told({{"$team", "lr"}, {"!$staff", "l"}}) == "group team read (lr); group staff see (l); ");
  CHECK(told({{"anyone", "p"}, {"#authenticated", "lr"}, {"anonymous", "l"}}) ==
        "anyone post (p); authenticated read (lr); anonymous see (l); ");
  CHECK(told({{"-bob", "w"}, {"-$team", "r"}, {"-anyone", "a"}}) ==
        "-person bob write (w); -group team read (r); -anyone administer (a); ");
  CHECK(told({{"-#bob", "r"}}) == "-person bob read (r); ");
}

TEST_CASE("sharing: letters as words") {
  CHECK(told({{"b", "lrs"}}) == "person b read (lrs); ");
  CHECK(told({{"b", "lrswipkxtecdan"}}) ==
        "person b read+write+delete+administer (lrswipkxtecdan); ");
  CHECK(told({{"b", "lrswipcda"}}) == "person b read+write+delete+administer (lrswipcda); ");
  for (const char* letter : {"i", "w", "k", "c"})
    CHECK(told({{"b", letter}}) == fmt::format("person b write ({}); ", letter));
  for (const char* letter : {"t", "e", "x", "d"})
    CHECK(told({{"b", letter}}) == fmt::format("person b delete ({}); ", letter));
  CHECK(told({{"b", "xc"}, {"-b", "rtd"}}) ==
        "person b delete (xc); -person b read+delete (rtd); ");
  CHECK(told({{"b", "rkc"}}) == "person b read+write (rkc); ");
  CHECK(told({{"b", "ls"}}) == "person b see (ls); ");
  CHECK(told({{"b", "09"}}) == "person b  (09); ");
}

TEST_CASE("sharing: what was too much to keep is counted, and is sharing") {
  Acl acl;
  CHECK_FALSE(sharing_in(acl, own).is_shared());
  acl.more = 3;
  CHECK(sharing_in(acl, own).more == 3);
  CHECK(sharing_in(acl, own).is_shared());
}
