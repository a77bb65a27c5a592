// Collects the responses of one type that come with a command. Internal to ImapClient.
#pragma once

#include <vector>

#include "lib/net/imap_handler.hpp"

namespace tandem::net {

template <class T>
class Collect final : public ImapHandler {
 public:
  std::vector<T> all;
  void on_response(imap::Response& any) override {
    if (auto* one = std::get_if<T>(&any)) all.push_back(std::move(*one));
  }
};

}  // namespace tandem::net
