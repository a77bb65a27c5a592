#include "app/sharing_text.hpp"

#include <array>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

struct Named {
  std::string_view code, en, ja;
};

constexpr auto named = std::to_array<Named>({
    {"anyone", "everybody", "全員"},
    {"authenticated", "everybody with a log-in", "ログインできる全員"},
    {"anonymous", "people without a log-in", "ログインしない人"},
    {"see", "see that it is there", "名前の表示"},
    {"read", "read", "読み取り"},
    {"write", "write", "書き込み"},
    {"post", "send mail into it", "メールの送り込み"},
    {"delete", "delete", "削除"},
    {"administer", "administer", "管理"},
});

std::string_view word_for(const json::value& code) {
  for (const Named& one : named)
    if (one.code == code.as_string()) return speaks_japanese() ? one.ja : one.en;
  return code.as_string();
}

// "read, write and delete", or "or" where it is denied
std::string rights_of(const json::value& grant) {
  const json::array& may = grant.at("may").as_array();
  const bool japanese = speaks_japanese();
  std::string told;
  for (std::size_t at = 0; at < may.size(); ++at) {
    std::string_view english = ", ";
    if (at + 1 == may.size()) english = grant.at("denied").as_bool() ? " or " : " and ";
    if (at > 0) told += japanese ? "・" : english;
    told += word_for(may[at]);
  }
  return told;
}

std::string grantee_of(const json::value& grant) {
  if (grant.at("name").is_null()) return std::string(word_for(grant.at("who")));
  const std::string name = text(grant.at("name"));
  if (grant.at("who") != "group") return name;
  return (speaks_japanese() ? "グループ " : "group ") + name;
}

// "bob (may read)"
std::string describe(const json::value& grant) {
  const std::string who = grantee_of(grant);
  const std::string rights = rights_of(grant);
  const std::string letters = text(grant.at("rights"));
  const bool denied = grant.at("denied").as_bool();
  if (speaks_japanese()) {
    const std::string told = rights.empty() ? "権限 " + letters : rights;
    return fmt::format("{}({}{})", who, told, denied ? "を禁止" : "");
  }
  if (rights.empty())
    return fmt::format("{} ({} the rights \"{}\")", who, denied ? "denied" : "has", letters);
  return fmt::format("{} (may {}{})", who, denied ? "not " : "", rights);
}

}  // namespace

std::string sharing_text(const json::value& sharing) {
  if (sharing.is_null()) return "";
  const bool japanese = speaks_japanese();
  std::string told;
  for (const json::value& grant : sharing.at("grants").as_array()) {
    if (!told.empty()) told += japanese ? "、" : ", ";
    told += describe(grant);
  }
  const auto more = sharing.at("more").to_number<std::uint64_t>();
  if (more > 0)
    told += japanese ? fmt::format(" ほか {} 件", more) : fmt::format(" and {} more", more);
  if (told.empty()) return "";
  return (japanese ? "共有相手: " : "Shared with ") + told;
}

std::string share_again_text(bool from_old) {
  if (speaks_japanese())
    return fmt::format(
        "      共有の設定はコピーしません。共有相手のメールボックスが{}にできてから、\n"
        "      そこのウェブメールかメールソフトで共有し直してください。\n",
        from_old ? "新側" : "旧側");
  return fmt::format(
      "      Sharing is not copied. Set it again on the {} side, in its webmail or a mail "
      "program,\n"
      "      when the people above have their mailboxes there.\n",
      from_old ? "new" : "old");
}

}  // namespace tandem::app
