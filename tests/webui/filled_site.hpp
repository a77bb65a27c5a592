// A site in which something has happened: four accounts, one of which needs somebody, messages that
// were left out, deliveries, and mail that waits.
#pragma once

#include "tests/webui/site.hpp"

namespace tandem::test {

inline void fill(Site& site) {
  site.import({"aoki@example.jp", "baba@example.jp", "chiba@example.jp", "doi@example.jp"});
  site.make_ready("aoki@example.jp");
  site.make_ready("baba@example.jp");
  const auto chiba = site.account("chiba@example.jp").id;
  site.rooms.copies[chiba] = {.account = chiba,
                              .state = migration::CopyState::needs_you,
                              .messages_total = 40,
                              .messages_done = 10,
                              .bytes_total = 4000,
                              .bytes_done = 1000,
                              .problem = "chiba@example.jp on the old side: log-in refused",
                              .server_words = "NO [AUTHENTICATIONFAILED] no\r\nfaked: line",
                              .next_step = "Check the password."};
  const auto aoki = site.account("aoki@example.jp").id;
  site.rooms.copies[aoki].skipped = 1;
  site.rooms.skipped_messages[aoki] = {
      {"INBOX", 7, "図面", 61'000'000, "larger than the new side accepts", "Save it by hand."}};
  site.rooms.deliveries = {{.trace_id = "t1",
                            .at = site.net.clock().wall(),
                            .sender = "",
                            .recipient = "aoki@example.jp",
                            .home = "delivered",
                            .mirror = "debt",
                            .answer = "250 ok"},
                           {.trace_id = "t2",
                            .at = site.net.clock().wall(),
                            .recipient = "sato@example.jp",
                            .home = "refused",
                            .mirror = "none",
                            .answer = "552 5.2.2 Quota exceeded (mailbox for user is full)"}};
  site.rooms.waiting = {{.trace_id = "t3",
                         .at = site.net.clock().wall(),
                         .sender = "sender@sender.example",
                         .recipient = "baba@example.jp",
                         .kind = "quarantined",
                         .words = "552 5.2.2 Quota exceeded (mailbox for user is full)",
                         .attempts = 4}};
  site.rooms.delivery_counts = {.accepted = 12, .debts = 1};
}

}  // namespace tandem::test
