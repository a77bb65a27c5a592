// Why a deletion that was noted was not carried over, in plain words. The ledger keeps the English;
// reason_in_japanese() finds the other where somebody reads it.
#pragma once

#include <string>
#include <string_view>

namespace tandem::migration {

struct DeletionReason {
  std::string_view en, ja;
};

inline constexpr DeletionReason there_again{"The message is there again on the person's side.",
                                            "利用者の側に、そのメールが再びあります。"};
inline constexpr DeletionReason account_was_moved{
    "The account was moved to this side before it was done.",
    "実行する前に、アカウントがこちらの側へ切り替わりました。"};
inline constexpr DeletionReason folder_made_anew{
    "The folder was made anew (its UIDVALIDITY changed).",
    "フォルダーが作り直されました(UIDVALIDITY が変わりました)。"};
inline constexpr DeletionReason moved_meanwhile{
    "The message was moved or removed there meanwhile.",
    "その間に、その側でメールが移動または削除されました。"};
inline constexpr DeletionReason folder_closed{"The folder cannot be opened.",
                                              "フォルダーを開けません。"};
inline constexpr DeletionReason not_in_folder{"The message is no longer in the folder.",
                                              "メールはもうそのフォルダーにありません。"};
inline constexpr DeletionReason not_surely_same{"The message there is not surely the same one.",
                                                "その側のメールが同じものだと確認できません。"};
inline constexpr DeletionReason lost_on_the_way{
    "The message is no longer in the folder, and it is not where it was moved to.",
    "メールはもうそのフォルダーになく、移動先にもありません。"};
inline constexpr DeletionReason cannot_take_out{
    "That server cannot take single messages out of a folder (it has neither MOVE nor UIDPLUS).",
    "そのサーバーでは、フォルダーから 1 通だけを取り出せません(MOVE も UIDPLUS もありません)。"};
// Gmail: what people archive is in All Mail alone.
inline constexpr DeletionReason archived{
    "It was archived at Gmail (it is in All Mail).",
    "Gmail でアーカイブされています(「すべてのメール」にあります)。"};
inline constexpr DeletionReason perhaps_archived{
    "Whether it was archived or deleted at Gmail could not be told.",
    "Gmail でアーカイブされたのか削除されたのか、判別できません。"};

// Empty: it is none of them, but a server's words.
[[nodiscard]] std::string reason_in_japanese(std::string_view english);

}  // namespace tandem::migration
