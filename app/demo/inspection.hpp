// Inspection: reads every mailbox on both sides through IMAP and counts each letter. The demo's
// judge: it trusts nothing that Tandemail says about itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/demo/postman.hpp"
#include "app/demo/stage.hpp"

namespace tandem::app::demo {

struct Tally {
  std::uint64_t sent = 0;             // new letters answered 250
  std::uint64_t home = 0;             // letters found at their reader's side
  std::uint64_t mirror = 0;           // found at the other side too
  std::uint64_t copied = 0;           // of the letters of the beginning, found at the new side
  std::uint64_t lost = 0;             // missing at home or at the mirror
  std::uint64_t doubled = 0;          // more than once on one side
  std::vector<std::string> findings;  // each lost or doubled letter in words, at most 20

  [[nodiscard]] bool clean() const { return lost == 0 && doubled == 0; }
  [[nodiscard]] std::string to_string() const;  // sent=… home=… mirror=… copied=… lost=0 doubled=0
};

Task<Result<Tally>> inspect(Stage& stage, const Postman& postman, std::uint64_t per_person);

}  // namespace tandem::app::demo
