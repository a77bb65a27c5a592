// Report: how the move stands, account by account, and each message that was not copied; for people
// who do not look at the page. As CSV (RFC 4180; with a byte order mark, as Excel wants it) and as
// one HTML page without anything from elsewhere. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "migration/verify.hpp"
#include "migration/views.hpp"
#include "webui/describe_account.hpp"
#include "webui/words.hpp"

namespace tandem::webui {

struct Reported {
  AccountState state;
  std::vector<migration::FolderProgress> folders;
  std::vector<migration::SkippedMessage> skipped;
  std::vector<migration::Verified> verified;  // the newest first
};

struct Report {
  WallTime at{};
  std::vector<Reported> accounts;
};

// A row per account.
[[nodiscard]] std::string accounts_csv(const Report& report, Language language);
// A row per message that was not copied.
[[nodiscard]] std::string messages_csv(const Report& report, Language language);
[[nodiscard]] std::string report_html(const Report& report, Language language);

}  // namespace tandem::webui
