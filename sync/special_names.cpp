// The names that servers and clients give to special folders, for servers that do not say which is
// which (no SPECIAL-USE). Display names in UTF-8; compared without regard to ASCII case. An outbox
// (送信トレイ) is not \Sent.
#include <array>

#include "lib/base/text.hpp"
#include "sync/folders.hpp"

namespace tandem::sync {
namespace {

struct Named {
  std::string_view name;
  SpecialUse use;
};

constexpr auto names = std::to_array<Named>({
    {"Sent", SpecialUse::sent},
    {"Sent Items", SpecialUse::sent},
    {"Sent Messages", SpecialUse::sent},
    {"Sent Mail", SpecialUse::sent},
    {"sent-mail", SpecialUse::sent},
    {"送信済みアイテム", SpecialUse::sent},
    {"送信済みトレイ", SpecialUse::sent},
    {"送信済みメール", SpecialUse::sent},
    {"送信済みメッセージ", SpecialUse::sent},
    {"送信済み", SpecialUse::sent},
    {"送信済", SpecialUse::sent},
    {"送信控え", SpecialUse::sent},
    {"Drafts", SpecialUse::drafts},
    {"Draft", SpecialUse::drafts},
    {"下書き", SpecialUse::drafts},
    {"下書きトレイ", SpecialUse::drafts},
    {"草稿", SpecialUse::drafts},
    {"Trash", SpecialUse::trash},
    {"Deleted Items", SpecialUse::trash},
    {"Deleted Messages", SpecialUse::trash},
    {"Deleted", SpecialUse::trash},
    {"Bin", SpecialUse::trash},
    {"ごみ箱", SpecialUse::trash},
    {"ゴミ箱", SpecialUse::trash},
    {"削除済みアイテム", SpecialUse::trash},
    {"削除済みトレイ", SpecialUse::trash},
    {"削除済みメッセージ", SpecialUse::trash},
    {"削除済み", SpecialUse::trash},
    {"Junk", SpecialUse::junk},
    {"Junk E-mail", SpecialUse::junk},
    {"Junk Email", SpecialUse::junk},
    {"Spam", SpecialUse::junk},
    {"Bulk Mail", SpecialUse::junk},
    {"迷惑メール", SpecialUse::junk},
    {"迷惑メールフォルダ", SpecialUse::junk},
    {"スパム", SpecialUse::junk},
    {"Archive", SpecialUse::archive},
    {"Archives", SpecialUse::archive},
    {"アーカイブ", SpecialUse::archive},
});

struct Attribute {
  std::string_view name;
  SpecialUse use;
};
constexpr auto attributes = std::to_array<Attribute>({
    {"\\Sent", SpecialUse::sent},
    {"\\Drafts", SpecialUse::drafts},
    {"\\Trash", SpecialUse::trash},
    {"\\Junk", SpecialUse::junk},
    {"\\Archive", SpecialUse::archive},
    {"\\All", SpecialUse::all},
    {"\\Flagged", SpecialUse::flagged},
});

}  // namespace

SpecialUse special_use_named(std::string_view name) {
  for (const auto& known : names)
    if (iequals(known.name, name)) return known.use;
  return SpecialUse::none;
}

SpecialUse special_use_of(std::string_view attribute) {
  for (const auto& known : attributes)
    if (iequals(known.name, attribute)) return known.use;
  return SpecialUse::none;
}

std::string_view attribute_of(SpecialUse use) {
  for (const auto& known : attributes)
    if (known.use == use) return known.name;
  return "";
}

}  // namespace tandem::sync
