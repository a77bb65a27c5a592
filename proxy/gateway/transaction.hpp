// Transaction: one message from MAIL to its answer. The rules R1 to R6, R8, R10 to R13 and R16 are
// read here, from top to bottom:
//
//   mail     what a logged-in person sends is his own server's to allow (submitted)
//   rcpt     the home side is asked live; its answer is the answer (R1, R4), but for whom it does
//            not know (R5: unknown), and while it is away (R12)
//   content  kept as it came, in bounded memory (R16)
//   end      replay? then the answer it had (R11). The milters' no is the answer. Else the
//            obligation is made durable before the dot goes to the home sides (J1, J2), and their
//            answers become one (R2, R3, R6: verdict)
//
// Recipients may live at several servers: each has a leg of its own, an SMTP transaction of its
// own. A message that can have only one answer and no mirror is passed on without being stored.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/delivery/handover.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "lib/protocol/milter/examination.hpp"
#include "proxy/gateway/outbound.hpp"
#include "proxy/gateway/rooms.hpp"
#include "proxy/gateway/verdict.hpp"

namespace tandem::gateway {

// What is known of the client, for the Received line, the milters, and home sides that trust us.
struct ClientFacts {
  smtp::ClientIdentity identity;
  std::string protocol;                 // of its connection to us: "ESMTP", "ESMTPS" …
  std::string tls_version, tls_cipher;  // empty: none
};

class Transaction {
 public:
  // `outbound`: of the person who is logged in; null: from anybody.
  Transaction(Rooms& rooms, smtp::MailCommand mail, ClientFacts client,
              Outbound* outbound = nullptr);
  ~Transaction();

  Task<smtp::Reply> mail();
  Task<smtp::Reply> rcpt(smtp::RcptCommand command);
  // The client will send content: its home is told to wait for it (DATA), if there is one only.
  Task<void> expect_content();
  Result<void> content(std::string_view chunk);
  Task<smtp::Reply> end();
  // Without a message: the home sides' transactions are reset.
  Task<void> abandon();

  // Whom the client's 250 stands for.
  [[nodiscard]] const std::vector<Promise>& promises() const { return promises_; }

 private:
  struct Recipient : migration::Route {
    Instead instead = Instead::no;
    std::string notify, orcpt;  // RFC 3461: passed on as they came
  };
  using Refusal = delivery::Handover::Refusal;
  // One server's part. Its recipients are those the server has accepted, in its order.
  struct Leg {
    net::Endpoint endpoint;
    Origin origin = Origin::other;
    bool outside = false;  // the sender's own server
    std::optional<delivery::Handover> server;
    std::vector<Recipient> recipients;
  };
  using Legs = std::vector<std::unique_ptr<Leg>>;

  // Asks the recipient's home, then whoever else may answer for it (R5, R12).
  Task<smtp::Reply> place(Recipient recipient);
  // Finds or opens the leg to a side's server, and asks there.
  Task<std::expected<smtp::Reply, Refusal>> ask(Recipient recipient);
  static Task<std::expected<smtp::Reply, Refusal>> ask_at(Leg& leg, Recipient recipient);
  [[nodiscard]] Leg* leg_at(const net::Endpoint& endpoint) const;
  Task<std::expected<Leg*, Refusal>> open_leg(net::Endpoint endpoint, const migration::Route& route,
                                              smtp::RcptCommand first);
  Task<std::expected<delivery::Handover, Refusal>> open_server(net::Endpoint endpoint,
                                                               const migration::Route& route,
                                                               smtp::RcptCommand first);
  Task<std::expected<Leg*, Refusal>> leg_outside();
  Task<smtp::Reply> may_send();
  Task<smtp::Reply> rcpt_outside(smtp::RcptCommand command);
  // The message comes from this side's own server (R14).
  [[nodiscard]] bool comes_from(const std::string& migration, Side side) const;
  Task<smtp::Reply> unknown_at_home(Recipient recipient, smtp::Reply reply);
  Task<smtp::Reply> stand_in(Recipient recipient, smtp::Reply reply);
  [[nodiscard]] bool may_be_spooled(const Recipient& recipient) const;
  [[nodiscard]] bool is_named(const std::string& address) const;
  [[nodiscard]] std::vector<const Recipient*> recipients() const;
  [[nodiscard]] bool is_mirrored() const;
  [[nodiscard]] bool may_end_mixed() const;
  [[nodiscard]] std::vector<AccountId> accounts() const;
  [[nodiscard]] bool routes_still_hold() const;
  [[nodiscard]] std::string replay_of(const Recipient& recipient) const;
  [[nodiscard]] std::vector<std::string> replays() const;
  [[nodiscard]] static smtp::Reply still_on_its_way();
  [[nodiscard]] MessageRecord message_record() const;
  [[nodiscard]] std::vector<RecipientRecord> recipient_records() const;

  Task<smtp::Reply> cross();
  // R11. Nothing: what is left of the legs is to be delivered. Else the answer.
  Task<std::optional<smtp::Reply>> recognise_replay();
  enum class Earlier : std::uint8_t { none, delivered, in_doubt };
  Task<Earlier> look_back(Recipient recipient);
  Task<std::optional<smtp::Reply>> ask_again(std::vector<Recipient> left);

  Task<std::optional<smtp::Reply>> examine(MessageRecord& record);
  [[nodiscard]] milter::Examination examination() const;
  Result<void> remove_forged(std::string& beginning);
  Task<smtp::Reply> hold(MessageRecord message);

  Task<smtp::Reply> deliver_stored(MessageRecord message);
  void note_promises(const std::vector<RecipientRecord>& records);
  Task<smtp::Reply> deliver_passing(MessageRecord message);
  Task<std::vector<Finding>> hand_over(std::string received);
  Task<std::vector<delivery::Told>> deliver_at(Leg& leg, std::string received);
  Task<bool> reach_again(Leg& leg);
  Task<void> look_for_silent(std::vector<Finding>& findings, std::vector<RecipientRecord> records);
  void add_spooled(std::vector<Finding>& findings, const std::optional<smtp::Reply>& stopped) const;
  Task<smtp::Reply> record(MessageRecord message, Verdict verdict, std::vector<Finding> findings,
                           std::vector<RecipientRecord> records);
  [[nodiscard]] Result<delivery::BodySource> body() const;
  void tell() const;

  Rooms& rooms_;
  smtp::MailCommand mail_;
  ClientFacts client_;
  Outbound* outbound_;                         // null: nobody is logged in
  std::optional<smtp::Reply> sender_verdict_;  // of his server, on the sender's address
  std::string trace_;
  WallTime at_;
  Legs legs_;
  std::vector<Recipient> spooled_;           // taken while their home cannot be reached (R12)
  std::vector<net::Endpoint> out_of_reach_;  // not tried twice for one message
  store::BlobDraft body_;
  store::BlobRef stored_;          // the body again, once it is in the journal
  std::string digest_;             // of the body, for H
  std::string header_;             // its beginning, to count Received lines (R14)
  bool delivered_before_ = false;  // some recipients have it already (R11)
  std::string held_;               // why a milter wants it held; empty: it does not
  std::vector<Promise> promises_;
};

}  // namespace tandem::gateway
