// Front: the policy of one SMTP session on port 25 (or LMTP), or of a logged-in person's: who is
// there, and one Transaction at a time. Every decision about a message is the Transaction's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/smtp_server_driver.hpp"
#include "lib/net/verified_name.hpp"
#include "migration/submission_desk.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {

class Front : public net::SmtpPolicy {
 public:
  Front(Rooms& rooms, net::Stream& stream) : rooms_(rooms), stream_(stream) {}
  // For a person who has logged in.
  Front(Rooms& rooms, net::Stream& stream, migration::Submitter person);

  Task<smtp::Reply> on_helo(smtp::HeloCommand command) override;
  Task<smtp::Reply> on_xclient(smtp::ClientIdentity client) override;
  Task<smtp::Reply> on_mail(smtp::MailCommand command) override;
  Task<smtp::Reply> on_rcpt(smtp::RcptCommand command) override;
  Task<smtp::Reply> on_data_start() override;
  Task<Result<void>> on_chunk(std::string_view chunk) override;
  Task<std::vector<smtp::Reply>> on_end() override;
  Task<void> on_abort() override;
  void on_answer_read() override;
  Task<void> on_quit() override;

 protected:
  [[nodiscard]] const Rooms& rooms() const { return rooms_; }
  [[nodiscard]] const net::Stream& stream() const { return stream_; }
  // From the next message on.
  void send_by(std::unique_ptr<Outbound> outbound) { outbound_ = std::move(outbound); }

 private:
  Task<void> look_up_name();
  // The client as the connection, DNS and a trusted server say (T-24).
  [[nodiscard]] smtp::ClientIdentity identity() const;
  [[nodiscard]] ClientFacts client() const;

  Rooms& rooms_;
  net::Stream& stream_;
  std::unique_ptr<Outbound> outbound_;  // null: for mail from anybody
  smtp::HeloCommand helo_;
  smtp::ClientIdentity told_;                   // by XCLIENT
  std::optional<net::VerifiedName> looked_up_;  // of the client's address
  std::optional<Transaction> transaction_;
  std::vector<Promise> unread_;  // for whom a 250 was said that the client has not provably read
};

}  // namespace tandem::gateway
