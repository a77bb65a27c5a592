// Subscriptions: what a person's programs show at home they show on the new side, until the person
// says otherwise there.
#include <set>

#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;
using Names = std::set<std::string>;

Task<Names> subscribed(TwoSides& two, Side side) {
  const auto user = co_await two.client(side);
  const auto listed = co_await user->list_subscribed();
  REQUIRE(listed);
  Names names;
  for (const auto& one : *listed) names.insert(one.entry.name);
  co_return names;
}

Task<void> subscribe(TwoSides& two, Side side, std::string name, bool wanted) {
  const auto user = co_await two.client(side);
  std::string command = (wanted ? "SUBSCRIBE \"" : "UNSUBSCRIBE \"") + name + "\"";
  const auto tag = co_await user->send(std::move(command));
  REQUIRE(tag);
  REQUIRE(co_await user->finish_ok(*tag, name));
}

Task<void> make(TwoSides& two, std::string name, bool wanted) {
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->create(name));
  }
  co_await subscribe(two, old_side, name, wanted);
  co_await two.put(old_side, letter(name), "", name);
}

Task<void> follow(TwoSides& two) {
  const Names before = co_await subscribed(two, new_side);
  const std::string shown("Work");
  const std::string below("Work/2026");
  const std::string hidden("Hidden");
  for (const std::string& name : {shown, below}) {
    CHECK_FALSE(before.contains(name));
    co_await make(two, name, true);
  }
  co_await make(two, hidden, false);
  co_await two.pass();
  Names now = co_await subscribed(two, new_side);
  CHECK(now.contains(shown));
  CHECK(now.contains(below));
  CHECK_FALSE(now.contains(hidden));
  CHECK(two.mailbox(new_side, hidden).size() == 1);

  // What is shown at home later follows as well.
  co_await subscribe(two, old_side, hidden, true);
  co_await two.pass();
  now = co_await subscribed(two, new_side);
  CHECK(now.contains(hidden));

  // On the new side it is the person's own choice from then on.
  co_await subscribe(two, new_side, shown, false);
  two.at(new_side).listen = true;
  co_await two.put(old_side, letter("more"), "", shown);
  co_await two.pass();
  now = co_await subscribed(two, new_side);
  CHECK_FALSE(now.contains(shown));
  CHECK(now.contains(below));
  CHECK(two.heard(new_side, " SUBSCRIBE ") == 0);
}

// Under the name that the folder has there.
Task<void> under_another_name(TwoSides& two) {
  const std::string name("Projects");
  co_await make(two, name, true);
  co_await two.pass();
  const Names now = co_await subscribed(two, new_side);
  CHECK(now.contains("Old projects"));
  CHECK_FALSE(now.contains(name));
}

}  // namespace

TEST_CASE("Subscriptions follow to the new side, once") {
  TwoSides two;
  two.run(follow(two));
}
TEST_CASE("Subscriptions follow to a folder that has another name") {
  TwoSides two;
  two.world->settings.sync.map.push_back({"Projects", "Old projects"});
  two.run(under_another_name(two));
}

}  // namespace tandem::sync
