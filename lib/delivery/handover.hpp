// Handover: one message to one server, in one SMTP or LMTP transaction. MAIL and the first
// recipient are said at open(), in one group where the server pipelines; each further recipient is
// asked for live, and deliver() says for each of them what came of it. Whether bytes may have
// arrived is never guessed: what is `unsent` did not, what is `silent` may have.
//
// One thread; the connection's owner outlives it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "lib/delivery/body_source.hpp"
#include "lib/delivery/upstream_pool.hpp"

namespace tandem::delivery {

// What a server did with the message for one recipient.
struct Told {
  enum class Kind : std::uint8_t {
    accepted,  // 2yz: it has the message
    refused,   // 4yz or 5yz: it has not, and said why
    unsent,    // the connection ended before the dot: it has not
    silent,    // the connection ended after the dot, without an answer: it may have
  };
  Kind kind = Kind::unsent;
  smtp::Reply reply;  // of the server, or ours where it said nothing
};

class Handover {
 public:
  // Refusals are replies for whoever asked: the server's own, 451 4.4.1 where it cannot be reached
  // (`reached` false), or 5yz where it lacks what the message needs (SMTPUTF8, REQUIRETLS).
  struct Refusal {
    smtp::Reply reply;
    bool reached = true;
  };
  [[nodiscard]] static Refusal unreachable();
  // `first`: see first(). `whom`: the client that the server is told of, where it trusts us;
  // nothing: we ourselves.
  static Task<std::expected<Handover, Refusal>> open(UpstreamPool& pool, net::Endpoint endpoint,
                                                     Origin origin, smtp::MailCommand mail,
                                                     smtp::RcptCommand first,
                                                     std::optional<smtp::ClientIdentity> whom = {});
  // MAIL alone, over a connection that is there already.
  static Task<std::expected<Handover, Refusal>> begin(Upstream upstream, smtp::MailCommand mail);

  // What the server said of the recipient it was opened with, as ask() would have told.
  [[nodiscard]] const smtp::Reply& first() const { return first_; }
  // RCPT. A positive answer adds the recipient to those that deliver() speaks of, in this order.
  // What the server has not announced is left out of it.
  Task<std::expected<smtp::Reply, Refusal>> ask(smtp::RcptCommand recipient);
  [[nodiscard]] std::size_t accepted() const { return accepted_; }

  // Content will come: DATA is said now, so that deliver() finds its answer there. A transaction
  // that is then not delivered costs its connection.
  Task<void> expect_content();
  // `head` goes before the body (our Received line). One answer for each accepted recipient.
  Task<std::vector<Told>> deliver(std::string head, BodySource body);
  // The connection goes back to its owner; what was not delivered is reset, or ended with it.
  Task<void> finish();

  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] bool lmtp() const { return lmtp_; }

 private:
  explicit Handover(Upstream upstream);
  Task<std::expected<void, Refusal>> start(smtp::MailCommand mail,
                                           std::optional<smtp::RcptCommand> first);
  [[nodiscard]] bool is_protected();
  [[nodiscard]] std::vector<Told> all(Told::Kind kind, const smtp::Reply& reply) const;
  [[nodiscard]] std::vector<Told> told_by(const std::vector<smtp::Reply>& replies) const;
  Task<Result<void>> send(std::string head, BodySource body);

  Upstream upstream_;
  std::string server_;
  bool lmtp_ = false;
  smtp::Reply first_;
  bool closed_meanwhile_ = false;  // the connection had ended before it was used again
  bool over_ = false;              // the transaction ended with an answer: nothing to reset
  std::size_t accepted_ = 0;
};

}  // namespace tandem::delivery
