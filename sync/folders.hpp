// Folders of two sides and which belong together. Pure.
//
// A folder's path is its name without the namespace prefix, cut at the delimiter; INBOX is
// {"INBOX"} everywhere. Order of decision for a home folder that is not yet paired: `map` lines
// (children included), INBOX, SPECIAL-USE, the table of localised names, the same path. In a name
// that the other side cannot hold (its delimiter, spaces around it, what its preset says it
// refuses) something else stands; a name that is taken or reserved gets a number. What was decided
// is kept in the ledger and never decided again; also the counterpart of a folder that is gone
// keeps its name, and no other folder gets it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/migration_settings.hpp"
#include "lib/protocol/imap/response.hpp"
#include "migration/folder_preview.hpp"
#include "migration/phase.hpp"

namespace tandem::sync {

using Path = std::vector<std::string>;
[[nodiscard]] bool is_inbox(const Path& path);

enum class SpecialUse : std::uint8_t { none, sent, drafts, trash, junk, archive, all, flagged };
[[nodiscard]] std::string_view attribute_of(SpecialUse use);  // "\Sent"; none: ""
[[nodiscard]] SpecialUse special_use_of(std::string_view attribute);
// What is in it is in other folders too.
[[nodiscard]] bool is_virtual(SpecialUse use);
// By the names that servers and clients give such folders, in Japanese and English.
[[nodiscard]] SpecialUse special_use_named(std::string_view name);

struct Folder {
  std::string name;  // UTF-8, as the server has it
  Path path;
  SpecialUse use = SpecialUse::none;  // as the server says
  bool selectable = true;
  bool subscribed = false;
  std::optional<imap::response::MailboxStatus> status;
};

// How a side names folders.
struct Naming {
  std::string prefix;  // of the personal namespace: "INBOX." at Courier
  char delimiter = '/';
  [[nodiscard]] Path path_of(std::string_view name) const;
  [[nodiscard]] std::string name_of(const Path& path) const;
};

struct SideFolders {
  Naming naming;
  std::vector<Folder> folders;
  std::vector<Folder> of_others;  // other people's and shared ones: no part of this mailbox
  [[nodiscard]] const Folder* find(std::string_view name) const;
};

struct KnownPair {  // from the ledger
  std::string home, mirror;
};

struct FolderPair {
  const Folder* home = nullptr;
  std::string mirror_name;
  const Folder* mirror = nullptr;  // null: to be created
  SpecialUse use = SpecialUse::none;
  migration::PairedBy by = migration::PairedBy::path;
  migration::NameChange change = migration::NameChange::none;  // of what `by` alone would give
  // By `map`: the line. By `known`: the line that names another place and is not heeded, if any.
  const config::FolderMap* map = nullptr;  // of the settings
};

// A home folder that is not copied.
struct LeftOut {
  const Folder* home = nullptr;
  migration::WhyLeftOut why = migration::WhyLeftOut::excluded;
  const std::string* exclude = nullptr;  // the line, of the settings
};

struct FolderPlan {
  std::vector<FolderPair> pairs;  // INBOX first
  std::vector<LeftOut> left_out;
};

// For every selectable home folder that is not excluded, INBOX first. `settings` are written in old
// side names; `home_side` says which way to read them: where the old side is the mirror, a folder
// is excluded by the name that its counterpart has there.
[[nodiscard]] FolderPlan plan_folders(const SideFolders& home, const SideFolders& mirror,
                                      std::span<const KnownPair> known,
                                      const config::SyncSettings& settings,
                                      migration::Side home_side);
// The pairs alone.
[[nodiscard]] std::vector<FolderPair> pair_folders(const SideFolders& home,
                                                   const SideFolders& mirror,
                                                   std::span<const KnownPair> known,
                                                   const config::SyncSettings& settings,
                                                   migration::Side home_side);

}  // namespace tandem::sync
