#include "lib/net/pop3_client.hpp"

#include <array>

#include "lib/base/text.hpp"

namespace tandem::net {

Task<Result<void>> Pop3Client::open(StreamPtr stream, Pop3ClientOptions options) {
  stream_ = std::move(stream);
  tls_ = std::move(options.tls);
  options.protocol.tls_active = stream_->info().tls;
  machine_ = std::make_unique<pop3::ClientMachine>(std::move(options.protocol));
  machine_->open();
  co_return co_await run_plain();
}

Task<void> Pop3Client::read(Duration wait) {
  std::array<char, 16384> buffer;
  const std::span<char> room(buffer);
  stream_->expires_after(wait);
  const auto count = co_await stream_->read_some(room);
  if (!count) {
    machine_->failed(count.error());
  } else if (*count == 0) {
    Error error{ErrorKind::closed,
                "The server closed the connection",
                machine_->options().origin,
                true,
                {},
                {}};
    machine_->failed(std::move(error));
  } else {
    machine_->received(std::string_view(buffer.data(), *count));
  }
}

Task<void> Pop3Client::secure(Duration wait) {
  stream_->expires_after(wait);
  if (!tls_) {
    machine_->failed({ErrorKind::tls, "No TLS settings for STLS", Origin::us, false, {}, {}});
    co_return;
  }
  const auto secured = co_await stream_->start_tls(tls_);
  if (secured)
    machine_->tls_started();
  else
    machine_->failed(secured.error());
}

Task<void> Pop3Client::perform(pop3::ClientAction action) {
  if (action.kind == pop3::ClientAction::Kind::read) co_return co_await read(action.wait);
  if (action.kind == pop3::ClientAction::Kind::start_tls) co_return co_await secure(action.wait);
  if (action.kind != pop3::ClientAction::Kind::send) co_return;
  stream_->expires_after(action.wait);
  const auto written = co_await stream_->write(action.bytes);
  wipe(action.bytes);  // it may have been a password
  if (!written) machine_->failed(written.error());
}

Result<std::string> Pop3Client::finish() {
  stream_->expires_never();
  auto result = machine_->take();
  if (!machine_->usable()) stream_->close();
  return result;
}

Task<Result<std::string>> Pop3Client::run(Pop3Sink* sink) {
  while (true) {
    pop3::ClientAction action = machine_->next();
    if (action.kind == pop3::ClientAction::Kind::done) co_return finish();
    if (action.kind == pop3::ClientAction::Kind::content) {
      if (sink == nullptr) continue;
      const auto taken = co_await sink->take(action.bytes);
      if (!taken) machine_->failed(taken.error());
      continue;
    }
    co_await perform(std::move(action));
  }
}

Task<Result<std::string>> Pop3Client::piece() {
  while (true) {
    pop3::ClientAction action = machine_->next();
    if (action.kind == pop3::ClientAction::Kind::content) co_return std::move(action.bytes);
    if (action.kind == pop3::ClientAction::Kind::done) {
      const auto ended = finish();
      if (!ended) co_return fail(ended.error());
      co_return std::string();
    }
    co_await perform(std::move(action));
  }
}

Task<Result<void>> Pop3Client::run_plain(Pop3Sink* sink) {
  const auto result = co_await run(sink);
  if (!result) co_return std::unexpected(result.error());
  co_return Result<void>();
}

Task<Result<void>> Pop3Client::forward(pop3::SessionClient client) {
  machine_->forward(client);
  co_return co_await run_plain();
}

Task<Result<void>> Pop3Client::login(sasl::Credentials credentials, bool apop) {
  machine_->login(credentials, apop);
  wipe(credentials.password);
  co_return co_await run_plain();
}

Task<Result<std::string>> Pop3Client::stat() {
  machine_->stat();
  co_return co_await run();
}

Task<Result<std::vector<pop3::ListEntry>>> Pop3Client::uidl() {
  machine_->uidl();
  const auto result = co_await run();
  if (!result) co_return std::unexpected(result.error());
  co_return machine_->take_entries();
}

Task<Result<std::vector<pop3::ListEntry>>> Pop3Client::list() {
  machine_->list();
  const auto result = co_await run();
  if (!result) co_return std::unexpected(result.error());
  co_return machine_->take_entries();
}

// Up to `line`, which may be there.
Task<Result<void>> Pop3Client::skip_ahead(std::string line) {
  while (machine_->is_ahead() && !machine_->is_next_ahead(line)) {
    machine_->skip();
    const auto skipped = co_await run_plain();
    if (!skipped && !usable()) co_return skipped;
  }
  co_return Result<void>{};
}

Task<Result<void>> Pop3Client::retrieve(std::uint64_t number, Pop3Sink& sink) {
  const auto ready = co_await skip_ahead(pop3::retrieve_line(number));
  if (!ready) co_return ready;
  machine_->retrieve(number);
  co_return co_await run_plain(&sink);
}

Task<Result<void>> Pop3Client::top(std::uint64_t number, std::uint64_t lines, Pop3Sink& sink) {
  const auto ready = co_await skip_ahead(pop3::top_line(number, lines));
  if (!ready) co_return ready;
  machine_->top(number, lines);
  co_return co_await run_plain(&sink);
}

Task<Result<void>> Pop3Client::dele(std::uint64_t number) {
  machine_->dele(number);
  co_return co_await run_plain();
}

Task<Result<void>> Pop3Client::rset() {
  machine_->rset();
  co_return co_await run_plain();
}

Task<Result<void>> Pop3Client::noop() {
  machine_->noop();
  co_return co_await run_plain();
}

Task<Result<void>> Pop3Client::quit() {
  auto result = Result<void>{};
  if (!machine_->is_ahead()) {
    machine_->quit();
    result = co_await run_plain();
  }
  close();
  co_return result;
}

void Pop3Client::close() {
  if (stream_) stream_->close();
}

bool Pop3Client::usable() const {
  return machine_ && stream_ && machine_->usable() && stream_->is_open();
}

StreamPtr Pop3Client::release(std::string& rest) {
  rest = machine_->take_rest();
  return std::move(stream_);
}

}  // namespace tandem::net
