#include "lib/net/smtp_client.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::net {

using smtp::Reply;

namespace {

constexpr std::size_t piece = 64 * 1024;

Error closed_by_server(Origin origin) {
  return {ErrorKind::closed, "The server closed the connection", origin, true, {}, {}};
}

}  // namespace

Task<Result<Reply>> SmtpClient::open(StreamPtr stream, SmtpClientOptions options) {
  stream_ = std::move(stream);
  tls_ = std::move(options.tls);
  options.protocol.tls_active = stream_->info().tls;
  using Tls = smtp::ClientOptions::Tls;
  if (!tls_ && options.protocol.tls == Tls::opportunistic) options.protocol.tls = Tls::never;
  machine_ = std::make_unique<smtp::ClientMachine>(std::move(options.protocol));
  machine_->open();
  co_return co_await run_one();
}

Task<void> SmtpClient::read(Duration wait) {
  std::array<char, 4096> buffer;
  const std::span<char> room(buffer);
  stream_->expires_after(wait);
  const auto count = co_await stream_->read_some(room);
  if (!count) {
    machine_->failed(count.error());
  } else if (*count == 0) {
    machine_->failed(closed_by_server(machine_->options().origin));
  } else {
    machine_->received(std::string_view(buffer.data(), *count));
  }
}

Task<void> SmtpClient::send(smtp::ClientAction action) {
  stream_->expires_after(action.wait);
  const auto written = co_await stream_->write(action.bytes);
  wipe(action.bytes);  // it may have been a password
  if (!written) machine_->failed(written.error());
}

Task<Result<SmtpClient::Replies>> SmtpClient::run() {
  while (true) {
    smtp::ClientAction action = machine_->next();
    switch (action.kind) {
      case smtp::ClientAction::Kind::send: co_await send(std::move(action)); break;
      case smtp::ClientAction::Kind::read: co_await read(action.wait); break;
      case smtp::ClientAction::Kind::start_tls: {
        stream_->expires_after(action.wait);
        if (!tls_) {
          machine_->failed(
              {ErrorKind::tls, "No TLS settings for STARTTLS", Origin::us, false, {}, {}});
          break;
        }
        const auto secured = co_await stream_->start_tls(tls_);
        if (secured)
          machine_->tls_started();
        else
          machine_->failed(secured.error());
        break;
      }
      case smtp::ClientAction::Kind::done: {
        stream_->expires_never();
        auto result = machine_->take();
        if (!machine_->usable()) stream_->close();
        co_return result;
      }
    }
  }
}

Task<Result<Reply>> SmtpClient::run_one() {
  auto replies = co_await run();
  if (!replies) co_return std::unexpected(replies.error());
  if (replies->empty()) co_return fail(ErrorKind::protocol, "The server did not answer");
  co_return std::move(replies->back());
}

Task<Result<Reply>> SmtpClient::mail(smtp::MailCommand command) {
  machine_->mail(command);
  co_return co_await run_one();
}

Task<Result<Reply>> SmtpClient::rcpt(smtp::RcptCommand command) {
  machine_->rcpt(command);
  co_return co_await run_one();
}

Task<Result<SmtpClient::Replies>> SmtpClient::envelope(smtp::MailCommand mail,
                                                       std::vector<smtp::RcptCommand> rcpts,
                                                       bool with_data) {
  machine_->envelope(mail, rcpts, with_data);
  co_return co_await run();
}

Task<void> SmtpClient::data_ahead() {
  machine_->data();
  said_data_ = true;
  smtp::ClientAction action = machine_->next();
  if (action.kind != smtp::ClientAction::Kind::send) co_return;  // data_begin() finds out why
  co_await send(std::move(action));
  stream_->expires_never();
}

Task<Result<Reply>> SmtpClient::data_begin() {
  if (!std::exchange(said_data_, false)) machine_->data();
  co_return co_await run_one();
}

Task<Result<void>> SmtpClient::data_chunk(std::string_view bytes) {
  dot_left_ = false;
  while (!bytes.empty()) {
    machine_->content(bytes.substr(0, piece), content_);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (content_.size() < piece) continue;
    auto written = co_await write_content();
    if (!written) co_return written;
  }
  co_return Result<void>();
}

Task<Result<void>> SmtpClient::write_content() {
  stream_->expires_after(machine_->options().waits.data_block);
  auto written = co_await stream_->write(content_);
  content_.clear();
  stream_->expires_never();
  if (!written) {
    machine_->failed(written.error());
    stream_->close();
  }
  co_return written;
}

// The end of the message and its dot leave in one write: a server is woken once for a short one.
Task<Result<SmtpClient::Replies>> SmtpClient::data_end() {
  dot_left_ = false;
  machine_->data_end();
  smtp::ClientAction dot = machine_->next();
  if (dot.kind == smtp::ClientAction::Kind::send) {
    content_ += dot.bytes;
    const auto written = co_await write_content();
    dot_left_ = written.has_value();
  }
  std::string().swap(content_);
  co_return co_await run();
}

Task<Result<Reply>> SmtpClient::rset() {
  machine_->rset();
  co_return co_await run_one();
}

Task<Result<Reply>> SmtpClient::noop() {
  machine_->noop();
  co_return co_await run_one();
}

Task<Result<Reply>> SmtpClient::command(std::string line) {
  machine_->command(line);
  co_return co_await run_one();
}

Task<Result<Reply>> SmtpClient::forward(smtp::ClientIdentity client) {
  machine_->forward(client);
  co_return co_await run_one();
}

Task<void> SmtpClient::quit() {
  if (!usable()) co_return close();
  machine_->quit();
  (void)co_await run();
  close();
}

StreamPtr SmtpClient::release(std::string& rest) {
  rest = machine_->take_rest();
  return std::move(stream_);
}

void SmtpClient::close() {
  if (stream_) stream_->close();
}

bool SmtpClient::spoke_unasked() {
  return machine_->has_rest() || stream_->has_input();
}

bool SmtpClient::usable() const {
  return machine_ && machine_->usable() && stream_->is_open();
}

}  // namespace tandem::net
