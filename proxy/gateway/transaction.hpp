// Transaction: one message from MAIL to its answer. The rules R1 to R4, R8, R10 to R13 and R16 are
// read here, from top to bottom:
//
//   rcpt     the home side is asked live; its answer is the answer (R1, R4)
//   content  kept as it came, in bounded memory (R16)
//   end      replay? then the answer it had (R11). Else the obligation is made durable before the
//            dot goes to the home side (J1, J2), and its answer is passed on (R1, R2, R3)
//
// All recipients of a transaction share one home server, so that there is one truth to pass on; a
// recipient that lives elsewhere is asked for again in a transaction of its own (452 4.5.3, RFC
// 5321 4.5.3.1.10). With LMTP each recipient is answered for itself, so there it is one per
// transaction.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/delivery/upstream_pool.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "migration/routes.hpp"
#include "proxy/gateway/fence.hpp"
#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/mirror.hpp"

namespace tandem::gateway {

struct GatewayOptions {
  std::string hostname;
  std::uint64_t message_size = 100ULL << 20;
  Duration replay_memory = std::chrono::hours(24);
  MirrorOptions mirror;
};

// What every transaction works with; owned by the Gateway.
struct Rooms {
  store::Store& store;
  const migration::Registry& registry;
  const migration::SideAccess& access;
  const migration::EventBus& events;
  const Clock& clock;
  delivery::UpstreamPool& upstreams;
  Journal& journal;
  Fence& fence;
  Mirror& mirror;
  const GatewayOptions& options;
};

// What is known of the client, for the Received line.
struct ClientFacts {
  std::string address;
  std::string helo;
  std::string protocol;  // "ESMTP", "ESMTPS", "LMTP" …
};

class Transaction {
 public:
  Transaction(Rooms& rooms, smtp::MailCommand mail);
  ~Transaction();

  Task<smtp::Reply> rcpt(smtp::RcptCommand command);
  Result<void> content(std::string_view chunk);
  Task<smtp::Reply> end(ClientFacts client);
  // Without a message: the home side's transaction is reset.
  Task<void> abandon();

  // The trace id when the answer was 250 and is in the journal: the next command shows it was seen.
  [[nodiscard]] std::string answered_trace() const { return answered_; }

 private:
  struct Recipient {
    smtp::RcptCommand command;
    migration::Route route;
  };

  // Nothing: the home side's transaction is open. Else what the client is told.
  Task<std::optional<smtp::Reply>> open_home(net::Endpoint endpoint, Origin origin);
  Task<Result<smtp::Reply>> ask_home(const smtp::RcptCommand& command);
  [[nodiscard]] std::optional<migration::Route> route_of(const std::string& recipient) const;
  [[nodiscard]] Result<net::Endpoint> home_endpoint(const migration::Route& route) const;
  [[nodiscard]] bool is_mirrored() const;
  [[nodiscard]] std::vector<AccountId> accounts() const;
  [[nodiscard]] bool routes_still_hold() const;
  [[nodiscard]] std::string replay_of(const Recipient& recipient) const;
  [[nodiscard]] MessageRecord message_record(const ClientFacts& client) const;
  [[nodiscard]] std::vector<RecipientRecord> recipient_records() const;

  Task<smtp::Reply> cross(ClientFacts client);
  // R11. Nothing: what is left of recipients_ is to be delivered. Else the answer.
  Task<std::optional<smtp::Reply>> recognise_replay();
  enum class Earlier : std::uint8_t { none, delivered, in_doubt };
  Task<Earlier> look_back(const Recipient& recipient);
  Task<std::optional<smtp::Reply>> ask_again(std::vector<Recipient> left);
  Task<smtp::Reply> deliver_journaled(MessageRecord message);
  Task<smtp::Reply> deliver_plain(MessageRecord message);
  Task<Result<smtp::Reply>> send(std::string received);
  Task<Result<smtp::Reply>> send_body(net::SmtpClient& client, std::string received);
  Task<Result<void>> send_pieces(net::SmtpClient& client);
  [[nodiscard]] smtp::Reply answer(const smtp::Reply& home) const;
  void tell() const;

  Rooms& rooms_;
  smtp::MailCommand mail_;
  std::string trace_;
  WallTime at_;
  std::vector<Recipient> recipients_;
  std::optional<delivery::Upstream> home_;
  std::string home_name_;  // the endpoint all recipients share
  bool dot_sent_ = false;  // from here on silence is doubt
  store::BlobDraft body_;
  std::optional<store::BlobReader> stored_;  // the body again, once it is in the journal
  std::string digest_;                       // of the body, for H
  std::string header_;                       // its beginning, to count Received lines (R14)
  std::string answered_;
};

}  // namespace tandem::gateway
