// Gate: the log-ins of one connection. What a SASL mechanism or a log-in command asks is put to
// Admission; a backend that was opened waits here until the protocol's exchange is over.
// One connection's thread.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/net/stream.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "proxy/session/admission.hpp"

namespace tandem::session {

class Gate {
 public:
  Gate(Admission& admission, const net::Stream& client, net::Protocol protocol)
      : admission_(admission), client_(client), protocol_(protocol) {}

  // For a backend that trusts us: what the client called itself, and how many proxies are left.
  void note_helo(std::string name) { helo_ = std::move(name); }
  void note_hops(unsigned left) { hops_left_ = std::min(hops_left_, left); }
  // `program`: what the client says of itself. Accept: the backend is open.
  [[nodiscard]] Task<sasl::Answer> answer(sasl::Request request, std::string program = {});
  // The exchange succeeded. Nothing: the account is being moved meanwhile, or nobody is in.
  [[nodiscard]] std::optional<Admitted> take();

 private:
  Admission& admission_;
  const net::Stream& client_;
  const net::Protocol protocol_;
  std::optional<Admitted> admitted_;
  std::string helo_;
  unsigned hops_left_ = SessionOrigin().hops_left;
};

}  // namespace tandem::session
