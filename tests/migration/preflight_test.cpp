// What the preflight concludes from what it saw on both sides.
#include "migration/preflight.hpp"

#include <catch2/catch.hpp>

using namespace tandem::migration;
using Kind = Remark::Kind;

namespace {

SideLook look(char separator, std::uint64_t bytes) {
  SideLook side;
  side.logged_in = true;
  side.separator = separator;
  side.bytes = bytes;
  side.uidplus = true;
  side.names = {"INBOX", "Sent"};
  return side;
}

}  // namespace

TEST_CASE("preflight: two sides alike need nothing") {
  CHECK(compare(look('/', 1000), look('/', 0), Side::new_side).empty());
}

TEST_CASE("preflight: room is what the quota leaves, against what is still to come") {
  SideLook target = look('/', 300'000'000);
  target.quota = 1'000'000'000;
  target.used = 300'000'000;
  // 200 MB are missing, 700 are free.
  CHECK(compare(look('/', 500'000'000), target, Side::new_side).empty());
  // 650 of 700.
  auto remarks = compare(look('/', 950'000'000), target, Side::new_side);
  REQUIRE(remarks.size() == 1);
  CHECK(remarks[0].kind == Kind::little_room);
  CHECK(remarks[0].light == Light::amber);
  // 1,700 of 700.
  remarks = compare(look('/', 2'000'000'000), target, Side::new_side);
  REQUIRE(remarks.size() == 1);
  CHECK(remarks[0].kind == Kind::no_room);
  CHECK(remarks[0].light == Light::red);
  CHECK(remarks[0].what ==
        "The mailbox is too small: 1700.0 MB are still to be copied, 700.0 MB "
        "are free.");
  CHECK(remarks[0].next_step == "Raise the quota on the new side by at least 1000.0 MB.");
}

TEST_CASE("preflight: what a server does not say is no obstacle") {
  SideLook from = look('/', 0);
  from.bytes.reset();
  SideLook target = look('/', 0);
  target.quota = 1;
  CHECK(compare(from, target, Side::new_side).empty());
}

TEST_CASE("preflight: names that hold the other side's separator, and poor abilities") {
  SideLook from = look('/', 0);
  from.names.emplace_back("a.b");
  from.changing_uids = true;
  SideLook target = look('.', 0);
  target.uidplus = false;
  const auto remarks = compare(from, target, Side::new_side);
  REQUIRE(remarks.size() == 3);
  CHECK(remarks[0].kind == Kind::deep_name);
  CHECK(remarks[1].kind == Kind::no_uidplus);
  CHECK(remarks[2].kind == Kind::changing_uids);
  CHECK(remarks[2].side == Side::old_side);
}
