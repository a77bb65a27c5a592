#include "migration/pop3_inbox.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/received.hpp"
#include "lib/net/timer.hpp"
#include "lib/store/store.hpp"

namespace tandem::migration {
namespace {

constexpr std::size_t most_header = 1024 * 1024;

// What POP3 servers and their clients' marks change in a message that stays the same.
const std::array<std::string, 9> unstable = {"Status",     "X-Status",         "X-UIDL",
                                             "X-Keywords", "X-Mozilla-Status", "X-Mozilla-Status2",
                                             "X-IMAPbase", "Content-Length",   "Lines"};

std::string key_by_header(std::string_view header) {
  const mail::HeaderView view(header);
  return "h " + hex_encode(sha256(mail::select_fields(view, unstable, true)));
}

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

Task<Result<void>> Pop3Inbox::add_ids(std::vector<Listed>& listing) {
  const auto ids = co_await client_.uidl();
  if (!ids && ids.error().kind == ErrorKind::refused && !ids.error().temporary)
    co_return Result<void>{};
  if (!ids) co_return fail(ids.error());
  std::map<std::string_view, unsigned> count;
  for (const pop3::ListEntry& one : *ids) ++count[one.value];
  std::map<std::uint64_t, std::string_view> by_number;
  for (const pop3::ListEntry& one : *ids)
    if (count[one.value] == 1) by_number[one.number] = one.value;
  for (Listed& one : listing)
    if (const auto found = by_number.find(one.number); found != by_number.end())
      one.id = found->second;
  co_return Result<void>{};
}

// One for each message, no two alike.
Task<Result<std::vector<std::string>>> Pop3Inbox::keys_of(const std::vector<Listed>& listing) {
  std::vector<std::string> keys;
  std::map<std::string, unsigned> alike;
  Ahead window;
  for (std::size_t at = 0; at < listing.size(); ++at) {
    const Listed& one = listing[at];
    window.advance(at, listing.size(), [&](std::size_t next) {
      if (listing[next].id.empty()) client_.top_ahead(listing[next].number, 0);
    });
    if (!one.id.empty()) {
      keys.push_back(Pop3Index::key_of(one.id));
      continue;
    }
    const auto header = co_await read_header(one.number);
    if (!header) co_return fail(header.error());
    std::string key = key_by_header(*header);
    const unsigned before = alike[key]++;
    if (before > 0) key += " " + std::to_string(before);
    keys.push_back(std::move(key));
  }
  co_return keys;
}

Task<Result<void>> Pop3Inbox::list() {
  const auto listing = co_await read_listing();
  if (!listing) co_return fail(listing.error());
  has_top_ = client_.capabilities().top || !client_.capabilities().known;
  const auto keys = co_await keys_of(*listing);
  if (!keys) co_return fail(keys.error());
  const auto executor = co_await boost::asio::this_coro::executor;
  const WallTime now = net::clock_of(executor).wall();
  const auto numbered = co_await index_.number(*keys, now);
  if (!numbered) co_return fail(numbered.error());
  validity_ = numbered->validity;
  next_ = numbered->next;
  for (std::size_t at = 0; at < listing->size(); ++at) {
    const Listed& one = (*listing)[at];
    messages_.push_back({one.number, numbered->messages.at((*keys)[at]), one.size});
  }
  std::ranges::sort(messages_, {}, [](const Pop3Message& one) { return one.known.uid; });
  co_return Result<void>{};
}

// By TOP, for who is who.
Task<Result<std::string>> Pop3Inbox::read_header(std::uint64_t number) {
  HeaderSink sink;
  const auto done = co_await client_.top(number, 0, sink);
  if (done) co_return header_in(std::move(sink.text));
  if (done.error().kind != ErrorKind::refused) co_return fail(done.error());
  Error error = done.error();
  error.kind = ErrorKind::invalid;
  error.what =
      "The POP3 server does not say which message is which (no unique UIDL), and gives no header "
      "alone (TOP): its mail cannot be copied so that each message is copied once";
  error.next_step = "Ask this host for IMAP, or for a POP3 server that has UIDL.";
  co_return fail(std::move(error));
}

void Pop3Inbox::header_ahead(std::size_t at) {
  if (has_top_) client_.top_ahead(messages_[at].number, 0);
}

Task<Result<std::string>> Pop3Inbox::header(std::size_t at) {
  if (has_top_) {
    HeaderSink sink;
    const auto done = co_await client_.top(messages_[at].number, 0, sink);
    if (done) co_return header_in(std::move(sink.text));
    if (done.error().kind != ErrorKind::refused) co_return fail(done.error());
  }
  auto header = co_await header_of_whole(at);
  if (header) has_top_ = false;  // else it is the message that cannot be had
  co_return header;
}

Task<Result<std::string>> Pop3Inbox::header_of_whole(std::size_t at) {
  const auto whole = co_await message(at);
  if (!whole) co_return fail(whole.error());
  auto begin = whole->read(0, most_header);
  if (!begin) co_return begin;
  co_return header_in(std::move(*begin));
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
