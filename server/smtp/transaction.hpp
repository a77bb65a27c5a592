// Transaction: one message from MAIL to its end, delivered into mailboxes of this server: who it is
// for, whether they have room, its content, and one commit for all of them. The same for what comes
// from other servers (SMTP, LMTP) and from people (submission). The connection's thread.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/received.hpp"
#include "lib/protocol/smtp/command.hpp"
#include "lib/protocol/smtp/reply.hpp"
#include "server/protocol_context.hpp"
#include "server/smtp/message_draft.hpp"

namespace tandem::server {

class Transaction {
 public:
  struct Peer {
    std::string helo;
    std::string address;
    std::string protocol;  // for the Received line: ESMTPS …
  };
  Transaction(const ProtocolContext& context, Peer peer, const smtp::MailCommand& mail);

  // 250; 550 5.1.1 unknown, 550 5.2.1 disabled, 452 4.2.2 full, 451 when that cannot be known.
  [[nodiscard]] smtp::Reply add_recipient(const std::string& address);
  [[nodiscard]] bool has_recipients() const { return !recipients_.empty(); }

  enum class Origin : std::uint8_t { server, client };
  // Content may come; 451 or 452 where the store takes nothing.
  [[nodiscard]] smtp::Reply begin_content(Origin origin);
  [[nodiscard]] Result<void> append(std::string_view chunk);
  // Delivers; the reply holds for all recipients.
  [[nodiscard]] net::Task<smtp::Reply> deliver();
  [[nodiscard]] std::size_t recipients() const { return recipients_.size(); }

 private:
  using HeaderEdit = std::expected<std::string, smtp::Reply> (*)(const mail::HeaderView&,
                                                                 const std::string&,
                                                                 const mail::TraceStamp&);
  [[nodiscard]] HeaderEdit edit_for(Origin origin) const;
  [[nodiscard]] Result<bool> is_full(AccountId account, std::uint64_t quota) const;
  [[nodiscard]] std::vector<Mailboxes::Destination> destinations() const;
  [[nodiscard]] mail::TraceStamp stamp() const;

  const ProtocolContext& context_;
  Peer peer_;
  std::string sender_;
  std::uint64_t announced_ = 0;
  std::string trace_;
  WallTime now_;
  struct Recipient {
    AccountId account = 0;
    std::string address;
  };
  std::vector<Recipient> recipients_;
  std::optional<MessageDraft> draft_;
};

// RFC 3848, 6531: "ESMTPSA", "UTF8LMTPS" …
struct TransmissionTraits {
  bool lmtp = false;
  bool extended = true;
  bool utf8 = false;
  bool tls = false;
  bool authenticated = false;
};
[[nodiscard]] std::string transmission_type(const TransmissionTraits& traits);

}  // namespace tandem::server
