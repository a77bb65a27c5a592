#include "migration/canary.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/mail/authentication_results.hpp"

namespace tandem::migration {
namespace {

constexpr std::array canary_kinds = {"refused",    "not_found",  "cannot_look",
                                     "no_mailbox", "filed_away", "sender_doubted"};
static_assert(canary_kinds.size() ==
              static_cast<std::size_t>(CanaryRemark::Kind::sender_doubted) + 1);

constexpr std::string_view received_spf = "Received-SPF:";

bool is_bad(std::string_view result) {
  return result == "fail" || result == "softfail" || result == "hardfail" || result == "permerror";
}

// "spf=fail", of one field; empty: nothing bad.
std::string bad_word(const std::string& field) {
  const auto colon = field.find(':');
  const std::string value(trim(std::string_view(field).substr(colon + 1)));
  if (istarts_with(field, received_spf)) {
    const std::string word = lower(value.substr(0, value.find(' ')));
    return is_bad(word) ? "spf=" + word : "";
  }
  for (const auto& one : mail::parse_authentication_results(value).results)
    if ((one.method == "spf" || one.method == "dmarc") && is_bad(one.result))
      return one.method + "=" + one.result;
  return "";
}

std::string of(const CanarySight& sight) {
  return sight.side == Side::old_side ? "The old side" : "The new side";
}

void judge_sight(const CanarySight& sight, std::vector<CanaryRemark>& remarks) {
  using Kind = CanaryRemark::Kind;
  if (sight.trouble) {
    remarks.push_back({Kind::cannot_look, Light::red, sight.side,
                       of(sight) + " could not be looked at: " + sight.trouble->to_string(),
                       "Run 'tandemail check' for this account."});
    return;
  }
  if (!sight.folder) {
    remarks.push_back(
        {Kind::not_found, Light::red, sight.side,
         of(sight) + (sight.is_copy ? " has no copy of the message yet."
                                    : " accepted the message and shows it in no folder."),
         sight.is_copy ? "See 'tandemail queue' for what holds the copy up."
                       : "Look for it in that side's quarantine and its log, and let it trust "
                         "Tandemail (docs/trust-recipes.md)."});
    return;
  }
  if (!iequals(*sight.folder, "INBOX"))
    remarks.push_back(
        {Kind::filed_away, Light::amber, sight.side,
         fmt::format("{} filed it in \"{}\" instead of the inbox.", of(sight), *sight.folder),
         "Let that side trust Tandemail (docs/trust-recipes.md), then try again."});
  for (const std::string& field : sight.judged) {
    const std::string bad = bad_word(field);
    if (bad.empty()) continue;
    remarks.push_back({Kind::sender_doubted, Light::amber, sight.side,
                       fmt::format("{} doubts the sender: {}.", of(sight), bad),
                       "It checks our address in place of the sender's: let it trust Tandemail "
                       "(docs/trust-recipes.md)."});
    return;
  }
}

}  // namespace

std::string_view name_of(CanaryRemark::Kind kind) {
  return canary_kinds[static_cast<std::size_t>(kind)];
}

Light CanaryReport::light() const {
  Light worst = Light::green;
  for (const auto& remark : remarks) worst = std::max(worst, remark.light);
  return worst;
}

std::vector<CanaryRemark> judge(const CanaryReport& report) {
  std::vector<CanaryRemark> remarks;
  if (!report.accepted)
    remarks.push_back({CanaryRemark::Kind::refused, Light::red, std::nullopt,
                       "The message was refused: " + report.answer,
                       "'tandemail explain' with these words says what they mean."});
  if (report.fallback)
    remarks.push_back(
        {CanaryRemark::Kind::no_mailbox, Light::red, std::nullopt,
         "The reader's own side has no such mailbox; the other side took the message.",
         "Make the mailbox there: 'tandemail status' says which side it is."});
  for (const auto& sight : report.sights) judge_sight(sight, remarks);
  std::ranges::sort(remarks, std::ranges::greater(), &CanaryRemark::light);
  return remarks;
}

}  // namespace tandem::migration
