// Postman: somebody else's mail server, sending the demo's new letters: through Tandemail, or
// straight to the old provider, as senders do that still have the old MX. Like any mail server it
// keeps a letter that was answered 4yz or not at all and tries again with the same bytes. One
// coroutine at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/demo/letters.hpp"
#include "app/demo/stage.hpp"

namespace tandem::app::demo {

using net::Task;

enum class RouteTaken : std::uint8_t { through_tandemail, straight_to_old };

struct Sent {
  std::size_t person = 0;
  RouteTaken route = RouteTaken::through_tandemail;
};

class Postman {
 public:
  explicit Postman(Stage& stage) : stage_(stage) {}

  // One letter to that person; returns when it was answered 250. Error: refused for good, or not
  // taken within a minute.
  Task<Result<void>> send(std::size_t person, RouteTaken route);
  // What was answered 250, by letter number.
  [[nodiscard]] const std::map<std::uint64_t, Sent>& sent() const { return sent_; }

 private:
  Task<Result<smtp::Reply>> hand_over(Letter letter, std::string recipient, RouteTaken route);
  [[nodiscard]] net::Endpoint endpoint(RouteTaken route) const;

  Stage& stage_;
  std::map<std::uint64_t, Sent> sent_;
};

}  // namespace tandem::app::demo
