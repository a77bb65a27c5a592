// Incoming: what an SMTP or LMTP session from another server asks (see serve.hpp).
#pragma once

#include <optional>

#include "lib/net/smtp_server_driver.hpp"
#include "server/smtp/transaction.hpp"

namespace tandem::server {

class Incoming : public net::SmtpPolicy {
 public:
  Incoming(const ProtocolContext& context, const net::Stream& stream, bool lmtp)
      : context_(context), stream_(stream), lmtp_(lmtp) {}

  net::Task<smtp::Reply> on_helo(smtp::HeloCommand command) override;
  net::Task<smtp::Reply> on_mail(smtp::MailCommand command) override;
  net::Task<smtp::Reply> on_rcpt(smtp::RcptCommand command) override;
  net::Task<smtp::Reply> on_data_start() override;
  net::Task<Result<void>> on_chunk(std::string_view chunk) override;
  net::Task<std::vector<smtp::Reply>> on_end() override;
  net::Task<void> on_abort() override;

 protected:
  void begin(const smtp::MailCommand& command, bool authenticated);
  [[nodiscard]] virtual Transaction::Origin origin() const { return Transaction::Origin::server; }
  [[nodiscard]] Transaction& transaction() { return *transaction_; }

  const ProtocolContext& context_;
  const net::Stream& stream_;

 private:
  bool lmtp_;
  smtp::HeloCommand helo_;
  std::optional<Transaction> transaction_;
};

// What all kinds of sessions have in common.
[[nodiscard]] smtp::ServerOptions smtp_options(const ServerSettings& settings);

}  // namespace tandem::server
