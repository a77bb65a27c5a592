// Cutover: many accounts, a few at once.
#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "lib/net/task_group.hpp"
#include "migration/cutover.hpp"

namespace tandem::migration {
namespace {

constexpr std::size_t good_for_one_more = 5;

}  // namespace

struct Cutover::Round {
  CutoverBatch batch;
  net::TaskGroup movers;
  std::size_t next = 0;
  std::size_t good = 0;
  std::size_t at_once = 1;
  bool stopped = false;

  // What must not begin any more.
  bool is_over() {
    stopped = stopped || (batch.stopping && batch.stopping());
    return stopped || next == batch.accounts.size();
  }
};

Task<bool> Cutover::run_batch(CutoverBatch batch) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Round round{.batch = std::move(batch), .movers = net::TaskGroup(executor)};
  co_await move_some(round);
  co_await round.movers.join();
  co_return round.good == round.batch.accounts.size();
}

// One account after the other, beside others that do the same.
Task<void> Cutover::move_some(Round& round) {
  while (!round.is_over()) {
    const std::size_t at = round.next++;
    const auto done = co_await run(round.batch.accounts[at], round.batch.step, round.batch.who);
    if (round.batch.ended) round.batch.ended(at, done);
    if (!done) {
      round.stopped = true;
      co_return;
    }
    ++round.good;
    const std::size_t allowed = 1 + round.good / good_for_one_more;
    if (round.at_once >= std::min(allowed, limits_.at_once)) continue;
    ++round.at_once;
    round.movers.spawn(move_some(round));
  }
}

}  // namespace tandem::migration
