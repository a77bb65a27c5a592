#include "proxy/gateway/front.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/gateway/sender_home.hpp"

namespace tandem::gateway {

using smtp::make_reply;
using smtp::Reply;

Front::Front(Rooms& rooms, net::Stream& stream, migration::Submitter person)
    : rooms_(rooms), stream_(stream), helo_(person.helo) {
  outbound_ = std::make_unique<SenderHome>(std::move(person));
}

// J4.
void Front::on_answer_read() {
  for (auto& one : std::exchange(unread_, {})) rooms_.journal.answer_read(std::move(one));
}

Task<Reply> Front::on_helo(smtp::HeloCommand command) {
  helo_ = std::move(command);
  co_return make_reply(250, "", "");
}

// What it leaves out stays as it was told before: long names come in a command of their own.
Task<Reply> Front::on_xclient(smtp::ClientIdentity client) {
  if (!client.address.empty()) {
    stream_.set_peer(client.address, client.port);
    told_ = std::move(client);
    looked_up_.reset();
  } else {
    if (!client.name.empty()) told_.name = std::move(client.name);
    if (!client.helo.empty()) told_.helo = std::move(client.helo);
  }
  co_return make_reply(220, "", "ready");
}

// For a backend that judges by it: once a session, and only where somebody is told.
Task<void> Front::look_up_name() {
  const std::string& address = stream_.info().peer_address;
  if (looked_up_ || address.empty() || !told_.name.empty()) co_return;
  looked_up_ = co_await net::verified_name(rooms_.resolver, address);
}

smtp::ClientIdentity Front::identity() const {
  const net::ConnectionInfo& info = stream_.info();
  smtp::ClientIdentity client{.address = info.peer_address,
                              .port = info.peer_port,
                              .name = told_.name,
                              .helo = told_.helo.empty() ? helo_.name : told_.helo,
                              .protocol = helo_.extended ? "ESMTP" : "SMTP"};
  if (client.name.empty() && looked_up_) {
    client.name = looked_up_->name;
    client.name_later = looked_up_->later;
  }
  if (!told_.protocol.empty()) client.protocol = told_.protocol;
  return client;
}

ClientFacts Front::client() const {
  const net::ConnectionInfo& info = stream_.info();
  ClientFacts facts{.identity = identity(),
                    .protocol = helo_.extended ? "ESMTP" : "SMTP",
                    .tls_version = info.tls_version,
                    .tls_cipher = info.tls_cipher};
  if (info.tls) facts.protocol = "ESMTPS";
  if (outbound_ && outbound_->person() != nullptr)
    facts.protocol = info.tls ? "ESMTPSA" : "ESMTPA";  // RFC 3848
  return facts;
}

Task<Reply> Front::on_mail(smtp::MailCommand command) {
  if (!outbound_ && any_side_knows_client(rooms_.registry)) co_await look_up_name();
  transaction_.emplace(rooms_, std::move(command), client(), outbound_.get());
  auto reply = co_await transaction_->mail();
  if (!reply.positive()) transaction_.reset();
  co_return reply;
}

Task<Reply> Front::on_rcpt(smtp::RcptCommand command) {
  co_return co_await transaction_->rcpt(std::move(command));
}

Task<Reply> Front::on_data_start() {
  co_await transaction_->expect_content();
  co_return co_await SmtpPolicy::on_data_start();
}

Task<Result<void>> Front::on_chunk(std::string_view chunk) {
  co_return transaction_->content(chunk);
}

Task<std::vector<Reply>> Front::on_end() {
  std::vector<Reply> replies;
  replies.push_back(co_await transaction_->end());
  std::ranges::copy(transaction_->promises(), std::back_inserter(unread_));
  transaction_.reset();
  co_return replies;
}

Task<void> Front::on_quit() {
  if (outbound_) co_await outbound_->quit();
}

Task<void> Front::on_abort() {
  if (transaction_) co_await transaction_->abandon();
  transaction_.reset();
}

}  // namespace tandem::gateway
