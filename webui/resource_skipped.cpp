// /api/skipped: the messages of one account that could not be copied, page by page; one of them as
// a file, from the side it lies on; another try for some of them.
#include <algorithm>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "lib/net/http/server.hpp"
#include "migration/left_out.hpp"
#include "migration/message_reader.hpp"
#include "migration/registry.hpp"
#include "webui/describe_detail.hpp"
#include "webui/json.hpp"
#include "webui/problem.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::SkippedMessage;

namespace {

constexpr std::size_t most_retried = 10'000;
// Each is a log-in at a host that may count them.
constexpr std::size_t most_readings = 4;

Result<Account> account_named(Context& context, const std::string& address) {
  const auto routes = context.parts.registry.routes();
  const Account* account = routes->account(address);
  if (account == nullptr) return fail(ErrorKind::not_found, "There is no such account.");
  return *account;
}

class Turn {
 public:
  explicit Turn(std::atomic<std::size_t>& all) : all_(all), good_(++all <= most_readings) {}
  ~Turn() { --all_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return good_; }

 private:
  std::atomic<std::size_t>& all_;
  bool good_;
};

class Download final : public migration::MessageSink {
 public:
  Download(net::HttpResponder& responder, std::string name)
      : responder_(responder), name_(std::move(name)) {}

  // Chunked: what was broken off is then told from what is whole.
  Task<Result<void>> begin(std::uint64_t) override {
    HttpResponse head;
    head.headers.add("Content-Type", "message/rfc822");
    head.headers.add("Cache-Control", "no-store");
    head.headers.add("Content-Disposition", "attachment; filename=\"" + name_ + "\"");
    return responder_.begin(std::move(head));
  }
  Task<Result<void>> bytes(std::string_view part) override { return responder_.write(part); }

 private:
  net::HttpResponder& responder_;
  std::string name_;
};

HttpResponse too_many() {
  return reply_fault({.status = 503,
                      .kind = "busy",
                      .what = "Other messages are being read at the moment.",
                      .next_step = "Try again when they are there.",
                      .server_words = {}});
}

// What a side said is told as of that side, and is no fault of ours.
HttpResponse refusal_of(const Error& error) {
  if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::invalid)
    return reply_error(error);
  return reply_fault({.status = 502,
                      .kind = "side_failed",
                      .what = error.what,
                      .next_step = error.next_step,
                      .server_words = error.server_words});
}

}  // namespace

Task<HttpResponse> get_skipped(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  if (!limit) co_return bad_request("'limit' is 1 to 500.");
  const auto account = account_named(context, request.argument);
  if (!account) co_return reply_error(account.error());
  const auto all = context.parts.copies.skipped(account->id);
  std::size_t from = 0;
  if (const auto after = request.http.parameter("after")) {
    const auto found = std::ranges::find(all, *after, &SkippedMessage::id);
    if (found == all.end())
      co_return reply_error(
          {.kind = ErrorKind::not_found, .what = "'after' is not listed any more."});
    from = static_cast<std::size_t>(found - all.begin()) + 1;
  }
  co_return reply_json(
      json::serialize(json::object{{"address", account->address},
                                   {"count", all.size()},
                                   {"skipped", describe_skipped(all, *limit, from)}}));
}

Task<HttpResponse> post_skipped_retry(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"account", "ids"});
  if (!body) co_return bad_request(body.error().what);
  std::vector<std::string> ids;
  if (body->contains("ids")) {
    auto given = texts_in(*body, "ids", most_retried);
    if (!given || given->empty())
      co_return bad_request("ids is a list of texts; without it all are tried again.");
    ids = std::move(*given);
  }
  const auto account = account_named(context, text_in(*body, "account").value_or(""));
  if (!account) co_return reply_error(account.error());
  const auto count = co_await context.parts.left_out.try_again(account->id, std::move(ids));
  if (!count) co_return reply_error(count.error());
  (void)co_await context.parts.registry.audit(
      request.caller.who(), "skipped retry",
      fmt::format("{}: {} messages", account->address, *count));
  context.tell(account->id);
  co_return reply_json(json::serialize(json::object{{"count", *count}}));
}

// A person's mail: it is written down who read it before the first byte is given.
Task<Result<void>> get_skipped_message(Context& context, const Request& request,
                                       net::HttpResponder& responder) {
  const auto account = account_named(context, request.argument);
  if (!account) co_return co_await responder.send(reply_error(account.error()));
  const std::string id = request.http.parameter("id").value_or("");
  auto place = context.parts.left_out.place_of(account->id, id);
  if (!place) co_return co_await responder.send(reply_error(place.error()));
  const Turn turn(context.readings);
  if (!turn) co_return co_await responder.send(too_many());
  const auto noted = co_await context.parts.registry.audit(
      request.caller.who(), "skipped save",
      fmt::format("{}: '{}' UID {}", account->address, clean(place->folder), place->uid));
  if (!noted) co_return co_await responder.send(reply_error(noted.error()));
  Download download(responder, fmt::format("message-{}.eml", id));
  auto done =
      co_await migration::read_message(context.parts.access, *account, std::move(*place), download);
  if (!done && !responder.begun()) co_return co_await responder.send(refusal_of(done.error()));
  if (done) done = co_await responder.finish();
  co_return done;
}

}  // namespace tandem::webui
