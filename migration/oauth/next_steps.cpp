#include "migration/oauth/next_steps.hpp"

#include <array>
#include <fmt/format.h>

#include "migration/account_leases.hpp"
#include "migration/left_out.hpp"
#include "migration/oauth/refusals.hpp"
#include "migration/refusal_steps.hpp"
#include "migration/sharing.hpp"

namespace tandem::migration::oauth {
namespace {

// As config/service_account.cpp says it.
constexpr NextStep no_key_file_step{
    "In the Google Cloud console make a new key of the service account, type JSON, and use that "
    "file as it is.",
    "Google Cloud コンソールでサービス アカウントの新しい鍵(JSON "
    "形式)を作成し、そのファイルをそのまま使ってください。"};

constexpr std::array steps = {
    no_token_server_step, not_reached_step,        microsoft_step,         google_step,
    refresh_token_step,   no_oauth_mechanism_step, unusable_key_step,      no_key_file_step,
    ask_about_words_step, raise_size_limit_step,   raise_daily_limit_step, share_again_step};

constexpr std::array<std::string_view, 2> sides = {"old", "new"};

constexpr std::string_view needs_oauth_begin = "Set 'oauth' in the section [";
constexpr std::string_view needs_oauth_middle = "] of migrations/";
constexpr std::string_view needs_oauth_end = ".conf; docs/oauth.md says how.";

// Empty: it is another step.
std::string needs_oauth_in_japanese(std::string_view step) {
  for (const std::string_view side : sides) {
    const std::string begin = fmt::format("{}{}{}", needs_oauth_begin, side, needs_oauth_middle);
    if (!step.starts_with(begin) || !step.ends_with(needs_oauth_end)) continue;
    step.remove_prefix(begin.size());
    step.remove_suffix(needs_oauth_end.size());
    return fmt::format("migrations/{}.conf の [{}] に oauth を設定してください(docs/oauth.ja.md)。",
                       step, side);
  }
  return "";
}

std::string no_refresh_token_in_japanese(std::string_view step) {
  for (const std::string_view side : sides)
    if (step == no_refresh_token_step(side))
      return fmt::format("{}_password 欄に更新トークンを入れた CSV を取り込んでください。", side);
  return "";
}

}  // namespace

std::string needs_oauth_step(std::string_view side, std::string_view migration) {
  return fmt::format("{}{}{}{}{}", needs_oauth_begin, side, needs_oauth_middle, migration,
                     needs_oauth_end);
}

std::string no_refresh_token_step(std::string_view side) {
  return fmt::format("Import a CSV that has it in the column {}_password.", side);
}

std::string in_japanese(std::string_view next_step) {
  if (next_step.empty()) return "";
  for (const NextStep& one : steps)
    if (one.en == next_step) return std::string(one.ja);
  for (const NextStep& one : refusal_steps())
    if (one.en == next_step) return std::string(one.ja);
  for (const Refusal& one : all_refusals())
    if (one.next_step.en == next_step) return std::string(one.next_step.ja);
  auto found = needs_oauth_in_japanese(next_step);
  if (found.empty()) found = no_refresh_token_in_japanese(next_step);
  if (found.empty()) found = lease_step_in_japanese(next_step);
  return found;
}

}  // namespace tandem::migration::oauth
