// Filter: what the milters that the operator trusts say about a message, one after the other, each
// seeing what those before it added. Their "no" is the sender's answer; the fields they add stand
// in front of the message, below our Received line; they change nothing else (R16,
// docs/decisions/0017). One that does not judge (down, silent, broken) is gone by, or puts the
// message off, as `milter_when_down` says, and the log says so at once and every minute.
//
// Any io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/process_settings.hpp"
#include "lib/net/milter_client.hpp"

namespace tandem::gateway {

using net::Task;

struct FilterOptions {
  std::vector<net::MilterAddress> milters;
  config::MilterWhenDown when_down = config::MilterWhenDown::accept;
  net::MilterLimits limits;  // `whole` is for all milters together
};

struct Judgement {
  std::optional<smtp::Reply> refusal;  // the sender is told so, and nobody gets the message
  std::string added;                   // whole fields with their line ends
  std::string quarantine;              // why it is to be held; empty: it is not
};

class Filter {
 public:
  Filter(const net::Connector& connector, const Clock& clock, FilterOptions options);
  ~Filter();

  [[nodiscard]] bool is_on() const { return !options_.milters.empty(); }
  // `body` gives each milter a body from its beginning, and is used until it returns.
  Task<Judgement> judge(milter::Examination message, std::function<net::MilterBody()> body);

  // Messages that were not judged by milters that have not judged any since.
  [[nodiscard]] std::uint64_t missed_now() const;

 private:
  struct Watch;  // how one milter does

  [[nodiscard]] bool take(milter::Verdict verdict, std::size_t index, const std::string& trace,
                          Judgement& into, milter::Examination& message);
  void missed(std::size_t index, const Error& error);
  void answered(std::size_t index, const milter::Verdict& verdict);

  const net::Connector& connector_;
  const Clock& clock_;
  FilterOptions options_;
  std::unique_ptr<Watch[]> watches_;
};

}  // namespace tandem::gateway
