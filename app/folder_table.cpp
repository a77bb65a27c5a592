#include "app/folder_table.hpp"

#include <array>
#include <fmt/core.h>
#include <string>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"
#include "app/sharing_text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

struct Said {
  std::string_view code, en, ja;
};

constexpr auto said = std::to_array<Said>({
    {"known", "as copied so far", "これまでのコピー先"},
    {"map", "by map", "map の指定"},
    {"inbox", "INBOX everywhere", "受信トレイ"},
    {"special_use", "by its use, as both servers say", "両サーバーが示す用途"},
    {"name", "by its usual name", "慣用の名前"},
    {"path", "same name", "同じ名前"},
    {"unfit", "that side cannot hold its name", "元の名前は使えません"},
    {"taken", "the name is taken or reserved there", "名前が使用中または予約済みです"},
    {"excluded", "by exclude", "exclude の指定"},
    {"virtual", "what is in it is in other folders, too",
     "中のメールはほかのフォルダーにもあります"},
    {"no_messages", "it only has folders below it", "下位フォルダーだけのフォルダーです"},
    {"not_writable", "the other side takes no mail", "反対側には書き込めません"},
    {"of_others", "another person's or a shared one, no part of this mailbox",
     "ほかの人のフォルダーか共有フォルダーで、このメールボックスの一部ではありません"},
});

std::string words(const json::value& code) {
  for (const Said& one : said)
    if (one.code == text(code)) return std::string(speaks_japanese() ? one.ja : one.en);
  return text(code);
}

// "by map (a -> b)"
std::string reason(const json::value& code, const json::value& folder) {
  std::string told = words(code);
  if (folder.at("line").is_string()) told += fmt::format(" ({})", text(folder.at("line")));
  return told;
}

std::string count_of(const json::value& folder) {
  if (folder.at("messages").is_null()) return "";
  const std::string count = text(folder.at("messages"));
  return speaks_japanese() ? fmt::format("、{} 通", count) : fmt::format(", {} messages", count);
}

void print_copied(const json::value& folder) {
  const bool japanese = speaks_japanese();
  std::string told = reason(folder.at("rule"), folder);
  if (folder.at("change").is_string()) told += "; " + words(folder.at("change"));
  if (!folder.at("exists").as_bool()) told += japanese ? "; 新規作成" : "; will be made";
  fmt::print("      {} -> {}{}: {}\n", text(folder.at("name")), text(folder.at("other_name")),
             count_of(folder), told);
  if (!folder.at("unheeded_line").is_string()) return;
  const std::string line = text(folder.at("unheeded_line"));
  if (japanese)
    fmt::print(
        "            「map = {}」は後から書かれたため、コピー済みのこのフォルダーには効きません。\n"
        "            "
        "移すには、反対側のフォルダーの名前をメールソフトで変えてください(追従します)。\n",
        line);
  else
    fmt::print(
        "            \"map = {}\" came too late: a folder keeps the place it was given first.\n"
        "            To move it, rename it on the other side in a mail program: that is "
        "followed.\n",
        line);
}

void print_left_out(const json::value& folder) {
  fmt::print("      {}{}: {}: {}\n", text(folder.at("name")), count_of(folder),
             speaks_japanese() ? "コピーしません" : "not copied",
             reason(folder.at("left_out"), folder));
}

}  // namespace

void print_folders(const json::value& preview) {
  const bool from_old = text(preview.at("home")) == "old";
  if (speaks_japanese())
    fmt::print("      フォルダー({}):\n", from_old ? "旧側 -> 新側" : "新側 -> 旧側");
  else
    fmt::print("      Folders, {}:\n", from_old ? "old side -> new side" : "new side -> old side");
  bool shared = false;
  for (const json::value& folder : preview.at("folders").as_array()) {
    if (folder.at("left_out").is_null())
      print_copied(folder);
    else
      print_left_out(folder);
    const std::string sharing = sharing_text(folder.at("sharing"));
    if (!sharing.empty()) fmt::print("            {}\n", sharing);
    shared = shared || !sharing.empty();
  }
  if (shared) fmt::print("{}", share_again_text(from_old));
}

}  // namespace tandem::app
