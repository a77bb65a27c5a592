#include "app/demo/postman.hpp"

#include <fmt/core.h>
#include <utility>

#include "lib/net/smtp_client.hpp"

namespace tandem::app::demo {
namespace {

constexpr int tries = 300;
constexpr Duration between_tries = std::chrono::milliseconds(200);

}  // namespace

net::Endpoint Postman::endpoint(RouteTaken route) const {
  net::Endpoint endpoint{.protocol = net::Protocol::smtp, .tls = net::TlsMode::never};
  if (route == RouteTaken::straight_to_old) {
    endpoint.host = "localhost";
    endpoint.in_process = old_provider;
  } else {
    endpoint.host = "127.0.0.1";
    endpoint.port = stage_.tandemail().port_of("smtp");
  }
  return endpoint;
}

Task<Result<smtp::Reply>> Postman::hand_over(Letter letter, std::string recipient,
                                             RouteTaken route) {
  auto stream = co_await stage_.tandemail().connector().connect(endpoint(route));
  if (!stream) co_return fail(stream.error());
  net::SmtpClient client;
  net::SmtpClientOptions options;
  options.protocol.host = "mta.partner.example";
  options.protocol.tls = smtp::ClientOptions::Tls::never;
  const auto opened = co_await client.open(std::move(*stream), std::move(options));
  if (!opened) co_return opened;
  smtp::MailCommand from{.from = letter.sender};
  const auto mail = co_await client.mail(std::move(from));
  if (!mail || !mail->positive()) co_return mail;
  smtp::RcptCommand to{.to = std::move(recipient)};
  const auto rcpt = co_await client.rcpt(std::move(to));
  if (!rcpt || !rcpt->positive()) co_return rcpt;
  const auto go = co_await client.data_begin();
  if (!go || !go->intermediate()) co_return go;
  const auto written = co_await client.data_chunk(letter.bytes);
  if (!written) co_return fail(written.error());
  const auto replies = co_await client.data_end();
  if (!replies) co_return fail(replies.error());
  co_await client.quit();
  co_return replies->front();
}

Task<Result<void>> Postman::send(std::size_t person, RouteTaken route) {
  const std::uint64_t number = stage_.take_letter_number();
  const Letter letter = make_letter(number, people[person], stage_.clock().wall());
  const std::string recipient = fmt::format("{}@{}", people[person].local, domain);
  std::string last = "no answer";
  for (int i = 0; i < tries; ++i) {
    const auto reply = co_await hand_over(letter, recipient, route);
    if (reply && reply->positive()) {
      sent_[number] = {person, route};
      co_return Result<void>{};
    }
    last = reply ? reply->to_string() : reply.error().to_string();
    if (reply && reply->permanent()) break;
    if (!co_await net::sleep_for(between_tries)) break;
  }
  co_return fail(ErrorKind::refused,
                 fmt::format("letter {} to {} was not taken: {}", number, recipient, last));
}

}  // namespace tandem::app::demo
