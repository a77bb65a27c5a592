#include "proxy/session/pop3_drop.hpp"

#include <boost/asio/this_coro.hpp>

namespace tandem::session {

Pop3Drop::Pop3Drop(net::Stream& client, net::Pop3Client backend, std::vector<Pop3Shown> messages,
                   Roster::Place place)
    : client_(client),
      backend_(std::move(backend)),
      messages_(std::move(messages)),
      place_(std::move(place)),
      guest_(place_.guest().shared_from_this()) {
  guest_->attach(this);
}

Pop3Drop::~Pop3Drop() {
  guest_->attach(nullptr);
}

Task<void> Pop3Drop::run(std::string rest, net::TaskGroup& group) {
  const auto executor = co_await boost::asio::this_coro::executor;
  net::TaskGroup session(executor);
  session_ = &session;
  const net::TaskGroup::StopHandle stop = group.on_stop([this] { kick(); });
  if (guest_->kicked()) kick();
  std::vector<pop3::MessageEntry> entries;
  for (const Pop3Shown& message : messages_) entries.push_back({message.size, message.id});
  pop3::MailboxOptions options;
  co_await net::serve_pop3_mailbox(client_, std::move(rest), std::move(entries), *this,
                                   std::move(options), &session);
  session_ = nullptr;
  co_await session.join();
}

// A drain waits for no slow client.
void Pop3Drop::over() {
  backend_.close();
  place_.leave();
}

void Pop3Drop::kick() {
  if (session_ != nullptr) session_->request_stop();
}

void Pop3Drop::cut() {
  client_.close();
  backend_.close();
}

void Pop3Drop::begin(std::size_t, std::optional<std::uint64_t> lines) {
  top_ = lines;
}

Task<Result<void>> Pop3Drop::finish_message() {
  while (reading_) {
    const auto piece = co_await backend_.piece();
    if (!piece) co_return fail(piece.error());
    reading_ = !piece->empty();
  }
  co_return Result<void>();
}

Task<Result<std::string>> Pop3Drop::read(std::size_t index, std::uint64_t offset) {
  if (offset == 0) {
    const auto ready = co_await finish_message();
    if (!ready) co_return fail(ready.error());
    const std::uint64_t number = messages_[index].number;
    if (top_ && backend_.capabilities().top)
      backend_.begin_top(number, *top_);
    else
      backend_.begin_retrieve(number);
  }
  auto piece = co_await backend_.piece();
  reading_ = piece && !piece->empty();
  co_return piece;
}

// A message that cannot be removed stays; the client is told, and the others are removed all the
// same, as RFC 1939 6 has it.
Task<bool> Pop3Drop::remove(std::vector<std::size_t> indexes) {
  bool all = true;
  const auto ready = co_await finish_message();
  if (!ready) co_return false;
  for (const std::size_t index : indexes) {
    const auto removed = co_await backend_.dele(messages_[index].number);
    if (!removed) all = false;
  }
  const auto ended = co_await backend_.quit();
  place_.leave();  // before QUIT is answered: the client may be back at once
  co_return all&& ended;
}

}  // namespace tandem::session
