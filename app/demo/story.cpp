#include "app/demo/story.hpp"

#include <fmt/core.h>
#include <utility>

namespace tandem::app::demo {
namespace {

using migration::Account;
using migration::AccountId;
using migration::Side;
using migration::Step;

constexpr std::size_t half = people.size() / 2;

void announce(std::string_view act) {
  fmt::print("- {}\n", act);
  std::fflush(stdout);
}

std::vector<AccountId> accounts(Stage& stage, std::size_t first, std::size_t last) {
  std::vector<AccountId> ids;
  const auto routes = stage.tandemail().registry().routes();
  for (std::size_t i = first; i < last; ++i)
    ids.push_back(routes->account(fmt::format("{}@{}", people[i].local, domain))->id);
  return ids;
}

// Letters to everybody in turn; every third goes straight to the old provider.
Task<Result<void>> send_letters(Postman& postman, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const RouteTaken route =
        i % 3 == 2 ? RouteTaken::straight_to_old : RouteTaken::through_tandemail;
    const auto sent = co_await postman.send(i % people.size(), route);
    if (!sent) co_return sent;
  }
  co_return Result<void>{};
}

Task<void> send_into(Postman& postman, std::size_t count, Result<void>& result) {
  result = co_await send_letters(postman, count);
}

// A step for some people while letters arrive.
Task<Result<void>> move_under_traffic(Stage& stage, Postman& postman, std::vector<AccountId> who,
                                      Step step) {
  net::TaskGroup traffic(co_await boost::asio::this_coro::executor);
  Result<void> sent;
  traffic.spawn(send_into(postman, 2 * people.size(), sent));
  Result<void> moved;
  migration::CutoverBatch batch{
      .accounts = std::move(who), .step = step, .who = "demo", .stopping = {}, .ended = {}};
  batch.ended = [&moved](std::size_t, const Result<migration::DeltaReport>& done) {
    if (!done) moved = fail(done.error());
  };
  (void)co_await stage.tandemail().cutover().run_batch(std::move(batch));
  co_await traffic.join();
  if (!sent) co_return sent;
  co_return moved;
}

// Everything that is due is made now: both directions, until there is nothing left.
Task<Result<void>> settle(Stage& stage) {
  for (const AccountId id : accounts(stage, 0, people.size())) {
    for (int i = 0; stage.tandemail().gateway().pending_mirrors(id) > 0; ++i) {
      if (i == 600) co_return fail(ErrorKind::timed_out, "mirror copies were not made in a minute");
      co_await net::sleep_for(std::chrono::milliseconds(100));
    }
    const auto routes = stage.tandemail().registry().routes();
    const Side home = migration::home_of(routes->account(id)->phase);
    const auto done = co_await stage.tandemail().sync().run_delta(id, home);
    if (!done) co_return fail(done.error());
  }
  co_return Result<void>{};
}

Task<Result<void>> stragglers(Postman& postman) {
  for (std::size_t person = 0; person < half; ++person) {
    const auto sent = co_await postman.send(person, RouteTaken::straight_to_old);
    if (!sent) co_return sent;
  }
  co_return Result<void>{};
}

Task<Result<void>> acts(Stage& stage, Postman& postman) {
  announce("copying has begun; new mail arrives by both routes");
  auto done = co_await send_letters(postman, 2 * people.size());
  if (!done) co_return done;
  announce("cut-over of five people while mail arrives");
  done = co_await move_under_traffic(stage, postman, accounts(stage, 0, half), Step::cut_over);
  if (!done) co_return done;
  announce("somebody still delivers to the old provider");
  done = co_await stragglers(postman);
  if (!done) co_return done;
  done = co_await settle(stage);
  if (!done) co_return done;
  announce("roll-back of two people while mail arrives");
  done = co_await move_under_traffic(stage, postman, accounts(stage, 0, 2), Step::roll_back);
  if (!done) co_return done;
  announce("cut-over of everybody else, the two again among them");
  done = co_await move_under_traffic(stage, postman, accounts(stage, 0, 2), Step::cut_over);
  if (!done) co_return done;
  done = co_await move_under_traffic(stage, postman, accounts(stage, half, people.size()),
                                     Step::cut_over);
  if (!done) co_return done;
  announce("the last copies are made");
  co_return co_await settle(stage);
}

}  // namespace

Task<Result<Tally>> play(Stage& stage, std::uint64_t per_person) {
  Postman postman(stage);
  const auto played = co_await acts(stage, postman);
  if (!played) co_return fail(played.error());
  announce("every mailbox is inspected on both sides");
  co_return co_await inspect(stage, postman, per_person);
}

}  // namespace tandem::app::demo
