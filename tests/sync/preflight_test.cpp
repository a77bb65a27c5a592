// The preflight (migration/preflight) between two in-process servers: it sees what stands in the
// way and changes nothing. Here, because this room's tests have two sides.
#include "migration/preflight.hpp"

#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using migration::Light;
using server::test::letter;
using Kind = migration::Remark::Kind;

Task<migration::Findings> examine(TwoSides& two) {
  const migration::Preflight preflight(*two.world->access);
  const migration::Account account = *two.world->registry->routes()->account(two.world->account);
  co_return co_await preflight.examine(account);
}

bool has(const migration::Findings& found, Kind kind, Side side) {
  return std::ranges::any_of(found.remarks, [&](const migration::Remark& one) {
    return one.kind == kind && one.side == side && !one.what.empty() && !one.next_step.empty();
  });
}

Task<void> nothing_in_the_way(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  co_await two.put(old_side, letter("b"), "", "Sent");
  const auto before = two.mailbox(old_side);
  const auto found = co_await examine(two);
  CHECK(found.light() == Light::green);
  CHECK(found.at(old_side).messages == 2);
  CHECK(found.at(new_side).messages == 0);
  CHECK(found.at(old_side).folders >= 2);
  CHECK(two.mailbox(old_side) == before);
  CHECK(two.mailbox(new_side).empty());
}

Task<void> oversize(TwoSides& two) {
  two.at(new_side).replace = {{"APPENDLIMIT=1000000", "APPENDLIMIT=0002000"}};
  co_await two.put(old_side, letter("small"));
  const std::string big(3000, 'x');
  co_await two.put(old_side, letter("big", big), "", "Sent");
  const auto found = co_await examine(two);
  CHECK(found.light() == Light::amber);
  REQUIRE(has(found, Kind::oversize, new_side));
  CHECK(found.remarks[0].what.starts_with("1 messages"));
}

// What a server without a search says, or one whose search is broken.
class Unsearchable final : public tandem::test::ForwardingStream {
 public:
  Unsearchable(net::StreamPtr inner, std::string answer)
      : ForwardingStream(std::move(inner)), answer_(std::move(answer)) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto count = co_await inner_->read_some(into);
    const std::string_view heard(into.data(), count.value_or(0));
    const auto at = heard.find(" SEARCH ");
    if (at == std::string_view::npos) co_return count;
    // The built-in server is given a command that it knows, so that it answers with that tag.
    const auto tag = std::string(heard.substr(0, heard.find(' ')));
    const std::string noop = tag + " NOOP\r\n";
    std::ranges::copy(noop, into.begin());
    refused_ = tag + " OK";
    co_return noop.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    std::string text(bytes);
    const auto at = refused_.empty() ? std::string::npos : text.find(refused_);
    if (at != std::string::npos) text.replace(at + refused_.size() - 2, 2, answer_);
    if (at != std::string::npos) refused_.clear();
    co_return co_await inner_->write(text);
  }

 private:
  std::string answer_;
  std::string refused_;
};

class UnsearchableSides final : public TwoSides {
 public:
  explicit UnsearchableSides(std::string answer) : answer_(std::move(answer)) {}

 private:
  Task<void> serve(net::StreamPtr stream) override {
    auto poorer = std::make_unique<Unsearchable>(std::move(stream), answer_);
    return hall.server->serve(std::move(poorer), net::Protocol::imap, server::Trust::in_process,
                              hall.net.group);
  }
  std::string answer_;
};

Task<void> oversize_without_search(TwoSides& two) {
  two.at(new_side).replace = {{"APPENDLIMIT=1000000", "APPENDLIMIT=0002000"}};
  const std::string big(3000, 'x');
  co_await two.put(old_side, letter("small"));
  co_await two.put(old_side, letter("big", big));
  co_await two.put(old_side, letter("big", big), "", "Sent");
  two.at(old_side).listen = true;
  const auto found = co_await examine(two);
  CHECK(found.light() == Light::amber);
  REQUIRE(has(found, Kind::oversize, new_side));
  CHECK(found.remarks[0].what.starts_with("2 messages"));
  CHECK(two.heard(old_side, "SEARCH") == 1);  // it is not asked again
  CHECK(two.heard(old_side, "RFC822.SIZE") == 2);
}

Task<void> oversize_by_preset(TwoSides& two) {
  two.at(new_side).replace = {{"APPENDLIMIT=1000000", "XPPENDLIMIT=1000000"}};
  const std::string big(3000, 'x');
  co_await two.put(old_side, letter("big", big));
  const auto found = co_await examine(two);
  REQUIRE(has(found, Kind::oversize, new_side));
  CHECK(found.remarks[0].what.starts_with("1 messages"));
  CHECK(found.at(new_side).append_limit == 2000U);
}

Task<void> poor_server(TwoSides& two) {
  two.make_poor(new_side);
  const auto found = co_await examine(two);
  CHECK(found.light() == Light::amber);
  CHECK(has(found, Kind::no_uidplus, new_side));
}

Task<void> cut_off(TwoSides& two) {
  two.at(new_side).cut_after = 10;
  const auto found = co_await examine(two);
  CHECK(found.light() == Light::red);
  REQUIRE(found.remarks.size() == 1);
  CHECK(found.remarks[0].kind == Kind::cannot_log_in);
  CHECK(found.remarks[0].side == new_side);
  CHECK(found.at(old_side).logged_in);
  CHECK_FALSE(found.at(new_side).logged_in);
}

}  // namespace

TEST_CASE("preflight: nothing in the way, and nothing is changed") {
  TwoSides two;
  two.run(nothing_in_the_way(two));
}

TEST_CASE("preflight: messages larger than the other side takes are counted") {
  TwoSides two;
  two.run(oversize(two));
}

TEST_CASE("preflight: a server that refuses the search is asked for the sizes") {
  for (const std::string answer :
       {"NO [CANNOT] no search here", "NO Server Unavailable", "BAD unknown command"}) {
    INFO(answer);
    UnsearchableSides two(answer);
    two.run(oversize_without_search(two));
  }
}

TEST_CASE("preflight: of a server that announces no limit the preset's is taken") {
  TwoSides two;
  two.world->settings.new_side.message_size_limit = 2000;
  two.run(oversize_by_preset(two));
}

TEST_CASE("preflight: a server without UIDPLUS is a note") {
  TwoSides two;
  two.run(poor_server(two));
}

TEST_CASE("preflight: a side that cannot be entered is named, the other is still looked at") {
  TwoSides two;
  two.run(cut_off(two));
}

}  // namespace tandem::sync
