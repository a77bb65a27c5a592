// What classes, confidences and actors are called where it is stored, shown or read back.
#include <algorithm>
#include <array>

#include "lib/delivery/diagnosis/catalogue.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"

namespace tandem::delivery {
namespace {

constexpr std::array<std::string_view, 32> class_names = {"unknown_mailbox",
                                                          "mailbox_moved",
                                                          "mailbox_disabled",
                                                          "mailbox_full",
                                                          "refused_by_recipient",
                                                          "unknown_domain",
                                                          "domain_takes_no_mail",
                                                          "too_large",
                                                          "spam",
                                                          "virus",
                                                          "malformed",
                                                          "sender_authentication",
                                                          "reverse_dns",
                                                          "blocked",
                                                          "sender_refused",
                                                          "policy",
                                                          "relay_denied",
                                                          "not_authorized",
                                                          "tls",
                                                          "rate_limit",
                                                          "greylisted",
                                                          "server_full",
                                                          "server_fault",
                                                          "delivery_program",
                                                          "loop",
                                                          "unreachable",
                                                          "protocol",
                                                          "suppressed",
                                                          "complaint",
                                                          "auto_reply",
                                                          "delivered",
                                                          "unclear"};
static_assert(class_names.size() == std::size_t(ErrorClass::unclear) + 1);

constexpr std::array<std::string_view, 7> actor_names = {
    "sender", "mailbox-owner", "operator", "old-host", "new-host", "other-side", "nobody"};
static_assert(actor_names.size() == std::size_t(Actor::nobody) + 1);

constexpr std::array<std::string_view, 3> retry_names = {"auto", "after-fix", "no"};
static_assert(retry_names.size() == std::size_t(Retry::useless) + 1);

constexpr std::array<std::string_view, 3> confidence_names = {"high", "medium", "low"};
static_assert(confidence_names.size() == std::size_t(Confidence::low) + 1);

constexpr std::array<std::string_view, 5> basis_names = {"entry", "words", "status_code",
                                                         "reply_code", "nothing"};
static_assert(basis_names.size() == std::size_t(Basis::nothing) + 1);

constexpr std::array<std::string_view, 3> tier_names = {"clear", "vague", "last"};
static_assert(tier_names.size() == std::size_t(Tier::last) + 1);

}  // namespace

std::string_view name_of(ErrorClass error_class) {
  return class_names.at(std::size_t(error_class));
}

std::optional<ErrorClass> parse_error_class(std::string_view name) {
  const auto found = std::ranges::find(class_names, name);
  if (found == class_names.end()) return std::nullopt;
  return ErrorClass(found - class_names.begin());
}

std::string_view name_of(Tier tier) {
  return tier_names.at(std::size_t(tier));
}

std::string_view name_of(Actor actor) {
  return actor_names.at(std::size_t(actor));
}

std::string_view name_of(Retry retry) {
  return retry_names.at(std::size_t(retry));
}

std::string_view name_of(Confidence confidence) {
  return confidence_names.at(std::size_t(confidence));
}

std::string_view name_of(Basis basis) {
  return basis_names.at(std::size_t(basis));
}

const mail::BothLanguages& words_for(Actor actor) {
  static const std::array<mail::BothLanguages, 7> words = {{
      {"the sender", "差出人"},
      {"the owner of the mailbox", "メールボックスの利用者"},
      {"whoever runs the migration", "移行の担当者"},
      {"the old provider", "移行元の事業者"},
      {"the provider of the new or sending server", "新サーバーまたは送信サーバーの事業者"},
      {"the administrator of the server that refused", "拒否したサーバーの管理者"},
      {"nobody", "対応不要"},
  }};
  return words.at(std::size_t(actor));
}

}  // namespace tandem::delivery
