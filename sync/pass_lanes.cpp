// AccountPass: folders that are copied several at a time, each over connections of its own, where
// there is much to copy and slots are free. What was moved between folders is left for afterwards,
// when the folders have their turn one by one; what a further pair of connections could not finish
// as well.
#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "lib/base/log.hpp"
#include "lib/net/task_group.hpp"
#include "sync/labels.hpp"
#include "sync/pass.hpp"

namespace tandem::sync {

struct AccountPass::Crew {
  FolderQueue queue;
  std::vector<Lane*> further;  // open ones
  bool given_up = false;       // the pass ends, whatever they do
};

// True: something was done. An error is one of the pass's own connections.
Task<Result<bool>> AccountPass::copy_several() {
  Crew crew;
  fill(crew.queue);
  const std::size_t further = further_lanes(crew.queue);
  if (further == 0) co_return false;
  net::TaskGroup beside(co_await boost::asio::this_coro::executor);
  for (std::size_t lane = 0; lane < further; ++lane) beside.spawn(work_in_lane(crew));
  const auto done = co_await take_folders(crew, home_, mirror_, false);
  if (!done) {
    crew.given_up = true;
    crew.queue.end();
    for (Lane* lane : crew.further)
      for (const auto& client : lane->clients.sides) client->close();
  }
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none) beside.cancel();
  co_await beside.join();
  if (!done) co_return fail(done.error());
  co_return true;
}

// INBOX in any case: others wait for it.
void AccountPass::fill(FolderQueue& queue) const {
  for (std::size_t at = 0; at < work_.size(); ++at) {
    const Work& work = work_[at];
    if (!work.changed || !work.pair.home->status) continue;
    const std::uint64_t there = work.pair.home->status->messages;
    const std::uint64_t known = work.row.at(settings_.home).messages;
    if (is_closed(work) && !is_inbox(work.pair.home->path)) continue;
    if (there > known || is_inbox(work.pair.home->path))
      queue.add(at, work.pair.home->path, there - std::min(there, known));
  }
}

// Daily quotas are counted in one place after the other, and are the slower ones anyway. Where one
// message is in several folders, those that come later know the copies of those before.
std::size_t AccountPass::further_lanes(const FolderQueue& queue) const {
  if (budget_.is_limited() || has_labels(home_)) return 0;
  if (queue.size() < 2) return 0;
  const std::uint64_t worth = queue.beside_the_largest() / context_.options.lane_messages;
  return std::min({static_cast<std::size_t>(worth), queue.size() - 1, lanes_.free()});
}

Task<void> AccountPass::work_in_lane(Crew& crew) {
  const auto lane = co_await lanes_.open();
  if (!lane) co_return;
  crew.further.push_back(lane.get());
  const auto done = co_await take_folders(crew, lane->clients.at(settings_.home),
                                          lane->clients.at(mirror_side()), true);
  std::erase(crew.further, lane.get());
  if (!done && !crew.given_up && !context_.stopping)
    log::warning("W-SYNC-14",
                 "account {}: a further connection was given up, its folder has its "
                 "turn later: {}",
                 account_, done.error().to_string());
}

Task<Result<void>> AccountPass::take_folders(Crew& crew, net::ImapClient& home,
                                             net::ImapClient& mirror, bool further) {
  while (!context_.stopping && !(further && lanes_.are_wanted())) {
    const auto taken = co_await crew.queue.next();
    if (!taken) co_return Result<void>{};
    const auto done = co_await folder_of(crew, work_[*taken], home, mirror);
    crew.queue.set_over(*taken);
    if (!done) co_return done;
  }
  if (context_.stopping) co_return stopped();
  co_return Result<void>{};
}

Task<Result<void>> AccountPass::folder_of(Crew& crew, Work& work, net::ImapClient& home,
                                          net::ImapClient& mirror) {
  FolderPass::Settings settings = settings_for(work);
  settings.beside_others = true;
  settings.on_known = [&crew, at = settings.shown] { crew.queue.set_known(at); };
  FolderPass pass(context_, budget_, work.row, work.pair, home, mirror, settings);
  const auto done = co_await pass.run();
  if (pass.is_deferred()) {
    report_.copied += pass.report().copied;
    report_.flags_changed += pass.report().flags_changed;
    co_return Result<void>{};
  }
  if (done) done_.insert(work.row.id);
  co_return co_await conclude(work, pass, done);
}

}  // namespace tandem::sync
