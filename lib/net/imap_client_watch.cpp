// ImapClient: to hear of what changes without asking. IDLE (RFC 2177) tells of the selected
// mailbox; where the server offers NOTIFY (RFC 5465), of all folders of the account on the same
// connection.
#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "lib/net/imap_client.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {

namespace response = imap::response;

namespace {

// RFC 5465 5: these three belong together.
constexpr std::string_view message_events = "MessageNew MessageExpunge FlagChange";
// For folders that are not selected FlagChange is told as HIGHESTMODSEQ (RFC 5465 5.1).
constexpr std::string_view without_flags = "MessageNew MessageExpunge";

constexpr std::size_t most_folders = 100'000;  // as many as a LIST is believed to have
constexpr std::size_t most_told = 1000;        // of them while nobody looks
constexpr std::size_t longest_name = 4096;

// The STATUS of each folder that comes with the command.
class Folders final : public ImapHandler {
 public:
  std::vector<response::MailboxStatus> all;
  void on_response(imap::Response& any) override {
    auto* const status = std::get_if<response::MailboxStatus>(&any);
    if (status != nullptr && all.size() < most_folders) all.push_back(std::move(*status));
  }
};

}  // namespace

Task<Result<std::optional<std::vector<response::MailboxStatus>>>> ImapClient::notify_all(
    bool as_now) {
  std::optional<std::vector<response::MailboxStatus>> nothing;
  if (!has("NOTIFY") || notify_refused_) co_return nothing;
  // RFC 5465 3.1: with STATUS all folders but the selected one are told as they are now.
  std::string command = fmt::format(
      "NOTIFY SET {}(SELECTED ({})) (PERSONAL ({} MailboxName SubscriptionChange))",
      as_now ? "STATUS " : "", message_events, has("CONDSTORE") ? message_events : without_flags);
  const auto tag = co_await send(std::move(command));
  if (!tag) co_return fail(tag.error());
  Folders folders;
  const auto done = co_await finish(*tag, &folders);
  if (!done) co_return fail(done.error());
  notify_refused_ = !done->ok();  // NO, perhaps [BADEVENT …] (RFC 5465 5)
  if (notify_refused_) co_return nothing;
  hears_all_ = true;
  co_return std::move(folders.all);
}

// Not NOTIFY NONE: that would end what is told of the selected mailbox as well (RFC 5465 3.1).
Task<Result<void>> ImapClient::notify_selected() {
  if (!hears_all_) co_return Result<void>();
  std::string command = fmt::format("NOTIFY SET (SELECTED-DELAYED ({}))", message_events);
  const auto tag = co_await send(std::move(command));
  if (!tag) co_return fail(tag.error());
  const auto done = co_await finish_ok(*tag, "NOTIFY was refused");
  hears_all_ = false;
  if (done) co_return Result<void>();
  close();  // answers to what is asked next could not be told from what comes unasked
  co_return fail(done.error());
}

// What comes unasked while all folders are heard of, and is no answer to anything.
bool ImapClient::take_notice(const imap::Response& any) {
  if (!hears_all_) return false;
  if (std::holds_alternative<response::List>(any)) {
    changes_.names = true;
    return true;
  }
  const auto* const status = std::get_if<response::MailboxStatus>(&any);
  if (status == nullptr) return false;
  if (changes_.folders.size() < most_told && status->name.size() <= longest_name)
    changes_.folders.push_back(*status);
  else
    changes_.overflow = true;
  return true;
}

Task<Result<bool>> ImapClient::idle(Duration at_most) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const SteadyTime end = clock_of(executor).steady() + at_most;
  stop_idle_ = false;
  auto tag = co_await send("IDLE");
  if (!tag) co_return fail(std::move(tag.error()));
  auto asked = co_await await_literal(*tag, "IDLE was refused");
  if (!asked) co_return fail(std::move(asked.error()));
  while (!changes_.any() && !stop_idle_ && open_.contains(*tag)) {
    if (!reader_.has_rest()) {
      const Duration left = end - clock_of(executor).steady();
      if (left <= Duration::zero()) break;
      stream_->expires_after(left);
      idling_ = true;
      auto readable = co_await stream_->wait_readable();
      idling_ = false;
      if (!readable && readable.error().kind == ErrorKind::timed_out) break;
      if (!readable) co_return fail(connection_error(std::move(readable.error())));
    }
    auto done = co_await step(nullptr);
    if (!done) co_return fail(std::move(done.error()));
  }
  if (open_.contains(*tag)) out_ += "DONE\r\n";
  auto done = co_await finish_ok(*tag, "IDLE was refused");
  if (!done) co_return fail(std::move(done.error()));
  co_return changes_.any();
}

void ImapClient::stop_idle() {
  stop_idle_ = true;
  if (idling_) stream_->expires_after(Duration::zero());  // ends the wait at once
}

}  // namespace tandem::net
