#include "migration/message_reader.hpp"

#include "migration/side_access.hpp"

namespace tandem::migration {
namespace {

std::unexpected<Error> too_large() {
  return fail(ErrorKind::invalid, "The message is larger than 1 GiB.");
}

std::unexpected<Error> gone(const char* why) {
  return fail(ErrorKind::not_found, why);
}

class Reading final : public net::ImapHandler {
 public:
  Reading(std::uint32_t uid, MessageSink& sink) : uid_(uid), sink_(sink) {}

  Task<Result<void>> on_body(const imap::response::Fetch& so_far, std::uint64_t size) override {
    // Only one is asked for; some servers say its UID behind the body.
    const bool wanted = !found_ && (so_far.uid == 0 || so_far.uid == uid_);
    reading_ = wanted;
    if (!wanted) co_return Result<void>{};
    if (size > largest_read) co_return too_large();
    found_ = true;
    co_return co_await sink_.begin(size);
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    if (!reading_) co_return Result<void>{};
    co_return co_await sink_.bytes(bytes);
  }
  Task<Result<void>> on_body_end() override {
    reading_ = false;
    co_return Result<void>{};
  }
  // A short one may come as a quoted string.
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    if (found_ || message.uid != uid_ || message.bodies.empty()) co_return Result<void>{};
    const auto& value = message.bodies.front().value;
    if (value.streamed || value.nil) co_return Result<void>{};
    found_ = true;
    auto put = co_await sink_.begin(value.bytes.size());
    if (put) put = co_await sink_.bytes(value.bytes);
    co_return put;
  }
  [[nodiscard]] bool found() const { return found_; }

 private:
  std::uint32_t uid_;
  MessageSink& sink_;
  bool found_ = false;
  bool reading_ = false;
};

}  // namespace

Task<Result<void>> read_message(const SideAccess& access, Account account, MessagePlace place,
                                MessageSink& sink) {
  if (place.size > largest_read) co_return too_large();
  auto client = co_await access.open_mailboxes(std::move(account), place.side);
  if (!client) co_return fail(client.error());
  const auto opened = co_await (*client)->examine(place.folder);
  if (!opened) co_return fail(opened.error());
  if (opened->uid_validity != place.validity)
    co_return gone("The server has numbered this folder anew; the next pass finds the message.");
  imap::FetchAttributes attributes;
  attributes.uid = true;
  imap::BodyRequest whole;
  whole.peek = true;
  attributes.bodies.push_back(whole);
  imap::SequenceSet one;
  one.add(place.uid);
  Reading reading(place.uid, sink);
  const auto fetched = co_await (*client)->fetch(std::move(one), std::move(attributes), reading);
  if (!fetched) co_return fail(fetched.error());
  if (!reading.found())
    co_return gone("The message is no longer there, or the server does not give it.");
  (void)co_await (*client)->logout();
  co_return Result<void>{};
}

}  // namespace tandem::migration
