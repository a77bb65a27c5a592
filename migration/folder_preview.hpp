// What the sync will make of an account's folders, before anything is copied: each folder at home,
// its counterpart on the other side, and why that one. Plain values for the page and the command
// line; the sync implements the view, by what it pairs folders with itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/sharing.hpp"

namespace tandem::migration {

using net::Task;

enum class PairedBy : std::uint8_t {
  known,        // it was paired before: a folder keeps its counterpart
  map,          // a `map` line of [sync], or one for a folder above it
  inbox,        // INBOX is INBOX everywhere
  special_use,  // both sides say that it is their folder for sent mail, drafts, …
  name,         // a name that servers and programs give such a folder
  path,         // the same name, below the counterpart of the folder above it
};
[[nodiscard]] std::string_view name_of(PairedBy by);

// Why a counterpart has another name than the rule alone would give.
enum class NameChange : std::uint8_t {
  none,
  unfit,  // that side cannot hold the name
  taken,  // the name is another folder's, or reserved there
};
[[nodiscard]] std::string_view name_of(NameChange change);

enum class WhyLeftOut : std::uint8_t {
  excluded,      // an `exclude` line of [sync]
  virtual_one,   // it shows what is in other folders, too (\All, \Flagged)
  no_messages,   // it only has folders below it
  not_writable,  // the other side takes no mail (POP3)
  of_others,     // it is another person's or a shared one (NAMESPACE)
};
[[nodiscard]] std::string_view name_of(WhyLeftOut why);

struct PlannedFolder {
  std::string name;                       // UTF-8, as at home
  std::optional<std::uint64_t> messages;  // nothing: the server did not say
  std::optional<WhyLeftOut> left_out;     // then nothing below is set but `line`
  std::string other_name;                 // its counterpart, as the other side has it
  bool exists = false;                    // on the other side; else it will be made
  PairedBy by = PairedBy::path;
  NameChange change = NameChange::none;
  std::string line;           // of the settings: of `map`, "from -> to"; what `exclude` names
  std::string unheeded_line;  // of `map`: it names another place, and came too late
  // With whom, at home. Nothing: the server did not tell, or it is left out.
  std::optional<Sharing> sharing = std::nullopt;
};

struct FolderPreview {
  Side home = Side::old_side;
  std::vector<PlannedFolder> folders;  // those that are copied first, INBOX ahead
};

class FolderPreviews {  // implemented by sync/
 public:
  virtual ~FolderPreviews() = default;
  // Logs in on both sides, lists, and changes nothing on them or in the ledger; a pass may run
  // meanwhile. Errors: not_found (no such account), and what a log-in or server may say. Any io
  // thread.
  virtual Task<Result<FolderPreview>> preview_folders(AccountId account) = 0;
};

}  // namespace tandem::migration
