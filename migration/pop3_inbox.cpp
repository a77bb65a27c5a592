#include "migration/pop3_inbox.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/received.hpp"
#include "lib/net/timer.hpp"
#include "lib/store/store.hpp"

namespace tandem::migration {
namespace {

constexpr std::size_t most_header = 1024 * 1024;

// Keeps the first MiB.
class HeaderSink final : public net::Pop3Sink {
 public:
  std::string text;
  Task<Result<void>> take(std::string_view bytes) override {
    text.append(bytes.substr(0, most_header - text.size()));
    co_return Result<void>{};
  }
};

class DraftSink final : public net::Pop3Sink {
 public:
  explicit DraftSink(store::BlobDraft& draft) : draft_(draft) {}
  Task<Result<void>> take(std::string_view bytes) override { co_return draft_.append(bytes); }

 private:
  store::BlobDraft& draft_;
};

std::string header_in(std::string text) {
  text.resize(mail::HeaderView(text).block_size());
  return text;
}

imap::DateTime date_time(const mail::MailDate& date) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(date.time.time_since_epoch()).count();
  return {seconds, static_cast<std::int16_t>(date.zone_minutes)};
}

}  // namespace

// Sizes first: what has an id then is there as well.
Task<Result<std::vector<Pop3Inbox::Listed>>> Pop3Inbox::read_listing() {
  const auto sizes = co_await client_.list();
  if (!sizes) co_return fail(sizes.error());
  std::vector<Listed> listing;
  for (const pop3::ListEntry& one : *sizes)
    listing.push_back({one.number, parse_number(one.value).value_or(0), {}});
  const auto added = co_await add_ids(listing);
  if (!added) co_return fail(added.error());
  co_return listing;
}

Task<Result<void>> Pop3Inbox::list() {
  const auto listing = co_await read_listing();
  if (!listing) co_return fail(listing.error());
  has_top_ = client_.capabilities().top || !client_.capabilities().known;
  auto known = index_.read();
  if (!known) co_return fail(known.error());
  auto seen = co_await see(*listing, *known);
  if (!seen) co_return fail(seen.error());
  const auto executor = co_await boost::asio::this_coro::executor;
  const WallTime now = net::clock_of(executor).wall();
  std::vector<std::string> keys;
  for (const Pop3Seen& one : *seen) keys.push_back(one.key);
  const auto numbered = co_await index_.number(std::move(*known), std::move(*seen), now);
  if (!numbered) co_return fail(numbered.error());
  validity_ = numbered->validity;
  next_ = numbered->next;
  for (std::size_t at = 0; at < listing->size(); ++at) {
    const Listed& one = (*listing)[at];
    messages_.push_back({one.number, numbered->messages.at(keys[at]), one.size});
  }
  std::ranges::sort(messages_, {}, [](const Pop3Message& one) { return one.known.uid; });
  co_return Result<void>{};
}

void Pop3Inbox::header_ahead(std::size_t at) {
  if (has_top_) client_.top_ahead(messages_[at].number, 0);
}

// By TOP. Error refused: the server does not give it so.
Task<Result<std::string>> Pop3Inbox::header_alone(std::uint64_t number) {
  HeaderSink sink;
  const auto done = co_await client_.top(number, 0, sink);
  if (!done) co_return fail(done.error());
  co_return header_in(std::move(sink.text));
}

Task<Result<std::string>> Pop3Inbox::header(std::size_t at) {
  if (has_top_) {
    auto alone = co_await header_alone(messages_[at].number);
    if (alone) note_header(at, *alone);
    if (alone || alone.error().kind != ErrorKind::refused) co_return alone;
  }
  auto header = co_await header_of_whole(at);
  if (!header) co_return header;
  has_top_ = false;  // else it is the message that cannot be had
  note_header(at, *header);
  co_return header;
}

Task<Result<std::string>> Pop3Inbox::header_of_whole(std::size_t at) {
  const auto whole = co_await message(at);
  if (!whole) co_return fail(whole.error());
  co_return header_of(*whole);
}

Result<std::string> Pop3Inbox::header_of(const store::BlobDraft& whole) {
  auto begin = whole.read(0, most_header);
  if (!begin) return begin;
  return header_in(std::move(*begin));
}

Task<Result<store::BlobDraft>> Pop3Inbox::fetch(std::uint64_t number) {
  store::BlobDraft draft = store_.draft();
  DraftSink sink(draft);
  const auto done = co_await client_.retrieve(number, sink);
  if (!done) co_return fail(done.error());
  co_return draft;
}

Task<Result<store::BlobDraft>> Pop3Inbox::message(std::size_t at) {
  Pop3Message& one = messages_[at];
  auto draft = co_await fetch(one.number);
  if (draft && draft->size() != one.known.size) {
    one.known.size = draft->size();
    found_out_.insert(at);
  }
  if (draft) note_whole(at, *draft);
  co_return draft;
}

Task<Result<imap::DateTime>> Pop3Inbox::date(std::size_t at) {
  if (messages_[at].known.date) co_return *messages_[at].known.date;
  const auto header = co_await this->header(at);
  const auto executor = co_await boost::asio::this_coro::executor;
  mail::MailDate now;
  now.time = net::clock_of(executor).wall();
  if (!header && header.error().kind == ErrorKind::refused) co_return date_time(now);
  if (!header) co_return fail(header.error());
  messages_[at].known.date = date_time(mail::arrival_date(mail::HeaderView(*header)).value_or(now));
  found_out_.insert(at);
  co_return *messages_[at].known.date;
}

Task<Result<void>> Pop3Inbox::remember() {
  std::vector<Pop3Known> found;
  for (const std::size_t at : std::exchange(found_out_, {})) found.push_back(messages_[at].known);
  co_return co_await index_.remember(std::move(found));
}

Task<void> Pop3Inbox::quit() {
  if (client_.usable()) (void)co_await client_.quit();
  client_.close();
}

}  // namespace tandem::migration
