#include "sync/folders.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "lib/base/text.hpp"

namespace tandem::sync {
namespace {

using config::FolderMap;
using config::SyncSettings;
using migration::Side;

constexpr std::string_view inbox = "INBOX";

bool starts_with(const Path& path, const Path& start) {
  return path.size() >= start.size() && std::equal(start.begin(), start.end(), path.begin());
}

// A name from the settings: with the side's own delimiter, or with `/`.
Path path_from_settings(const Naming& naming, const std::string& name) {
  Path path = naming.path_of(name);
  if (path.size() > 1 || naming.delimiter == '/') return path;
  return Naming{"", '/'}.path_of(name);
}

// A part of a name as a server with this delimiter can hold it.
std::string fitting(std::string_view part, char delimiter) {
  std::string fit;
  for (const char c : trim(part)) {
    if (c != delimiter || delimiter == '\0')
      fit += c;
    else
      fit += c == '/' ? "／" : "-";
  }
  return fit.empty() ? "_" : fit;
}

struct Rule {
  Path from, to;  // home, mirror
};

// The same part of every list of settings, whichever side is home.
const Naming& old_naming(const SideFolders& home, const SideFolders& mirror, Side home_side) {
  return home_side == Side::old_side ? home.naming : mirror.naming;
}

class Pairing {
 public:
  Pairing(const SideFolders& home, const SideFolders& mirror, std::span<const KnownPair> known,
          const SyncSettings& settings, Side home_side)
      : home_(home), mirror_(mirror), known_(known), home_side_(home_side) {
    for (const KnownPair& pair : known) {
      reserved_.insert(pair.mirror);
      reserved_in_lower_case_.insert(lower(pair.mirror));
    }
    for (const FolderMap& map : settings.map) {
      const bool forward = home_side == Side::old_side;
      rules_.push_back({path_from_settings(home.naming, forward ? map.from : map.to),
                        path_from_settings(mirror.naming, forward ? map.to : map.from)});
    }
    const Naming& old_side = old_naming(home, mirror, home_side);
    for (const std::string& name : settings.exclude)
      excluded_.push_back(path_from_settings(old_side, name));
  }

  std::vector<FolderPair> run() {
    for (const Folder& folder : home_.folders)
      if (wanted(folder)) left_.push_back(&folder);
    take([this](const Folder& folder) { return from_ledger(folder); });
    // Before the rules: one that names INBOX for another folder does not take it away.
    take([this](const Folder& folder) { return inbox_of(folder); });
    take([this](const Folder& folder) { return from_rules(folder); });
    take([this](const Folder& folder) { return by_use(folder, folder.use, true); });
    take([this](const Folder& folder) { return by_use(folder, folder.use, false); });
    take([this](const Folder& folder) { return by_use(folder, named_use(folder), true); });
    take([this](const Folder& folder) { return by_use(folder, named_use(folder), false); });
    std::ranges::sort(left_, {}, [](const Folder* folder) {
      return std::pair(folder->path.size(), folder->path);
    });
    take([this](const Folder& folder) { return by_path(folder); });
    // Where the old side is the mirror, the name there tells: only now is it known.
    if (home_side_ == Side::new_side)
      std::erase_if(pairs_, [this](const FolderPair& pair) {
        return is_excluded(mirror_.naming.path_of(pair.mirror_name));
      });
    std::ranges::sort(pairs_, {}, [](const FolderPair& pair) {
      return std::pair(!is_inbox(pair.home->path), pair.home->path);
    });
    return std::move(pairs_);
  }

 private:
  [[nodiscard]] bool wanted(const Folder& folder) const {
    if (!folder.selectable || folder.path.empty()) return false;
    if (home_side_ == Side::old_side && is_excluded(folder.path)) return false;
    return !is_virtual(folder.use) || rule_for(folder.path) != nullptr;
  }

  // By its path on the old side.
  [[nodiscard]] bool is_excluded(const Path& path) const {
    return std::ranges::any_of(excluded_,
                               [&](const Path& excluded) { return starts_with(path, excluded); });
  }

  [[nodiscard]] const Rule* rule_for(const Path& path) const {
    const Rule* best = nullptr;
    for (const Rule& rule : rules_)
      if (starts_with(path, rule.from) && (best == nullptr || rule.from.size() > best->from.size()))
        best = &rule;
    return best;
  }

  // Lets `decide` name the mirror folder of each that is left; "" leaves it for later.
  template <class Decide>
  void take(Decide decide) {
    std::vector<const Folder*> later;
    for (const Folder* folder : left_) {
      const std::string name = decide(*folder);
      if (name.empty())
        later.push_back(folder);
      else
        add(*folder, name);
    }
    left_ = std::move(later);
  }

  void add(const Folder& folder, const std::string& name) {
    taken_.insert(name);
    taken_in_lower_case_.insert(lower(name));
    const SpecialUse use = folder.use != SpecialUse::none ? folder.use : named_use(folder);
    pairs_.push_back({&folder, name, mirror_.find(name), use});
  }

  [[nodiscard]] std::string from_ledger(const Folder& folder) const {
    for (const KnownPair& pair : known_)
      if (pair.home == folder.name) return pair.mirror;
    return "";
  }

  std::string from_rules(const Folder& folder) {
    const Rule* rule = rule_for(folder.path);
    if (rule == nullptr) return "";
    Path path = rule->to;
    path.insert(path.end(), folder.path.begin() + static_cast<std::ptrdiff_t>(rule->from.size()),
                folder.path.end());
    // Several folders may be mapped to one name by mistake: the second keeps apart.
    return free_name(path);
  }

  std::string inbox_of(const Folder& folder) {
    const bool here = is_inbox(folder.path) && rule_for(folder.path) == nullptr;
    return here ? free_name(folder.path) : "";
  }

  [[nodiscard]] static SpecialUse named_use(const Folder& folder) {
    return folder.path.size() == 1 ? special_use_named(folder.path[0]) : SpecialUse::none;
  }

  // `said`: the mirror's server itself says that the folder has this use.
  [[nodiscard]] std::string by_use(const Folder& folder, SpecialUse use, bool said) const {
    if (use == SpecialUse::none) return "";
    const Folder* found = nullptr;
    for (const Folder& there : mirror_.folders) {
      const SpecialUse there_use = said ? there.use : named_use(there);
      if (there_use != use || !there.selectable || is_taken(there.name)) continue;
      if (found == nullptr || there.path == folder.path) found = &there;
    }
    return found == nullptr ? "" : found->name;
  }

  // Below the mirror of its nearest paired parent, else the same path.
  std::string by_path(const Folder& folder) {
    for (std::size_t depth = folder.path.size() - 1; depth > 0; --depth) {
      const Path parent(folder.path.begin(),
                        folder.path.begin() + static_cast<std::ptrdiff_t>(depth));
      if (is_inbox(parent)) break;
      for (const FolderPair& pair : pairs_) {
        if (pair.home->path != parent) continue;
        Path path = mirror_.naming.path_of(pair.mirror_name);
        path.insert(path.end(), folder.path.begin() + static_cast<std::ptrdiff_t>(depth),
                    folder.path.end());
        return free_name(path, path.size() - (folder.path.size() - depth));
      }
    }
    return free_name(folder.path);
  }

  // Parts from `own` on are made to fit the mirror's delimiter.
  std::string free_name(Path path, std::size_t own = 0) {
    for (std::size_t at = own; at < path.size(); ++at)
      path[at] = fitting(path[at], mirror_.naming.delimiter);
    const std::string last = path.back();
    for (int number = 2; is_taken(mirror_.naming.name_of(path)); ++number)
      path.back() = fmt::format("{} ({})", last, number);
    return mirror_.naming.name_of(path);
  }

  // Some servers do not tell names apart that differ in case alone (Exchange): of those that are
  // not there yet, the second gets another name.
  [[nodiscard]] bool is_taken(const std::string& name) const {
    if (taken_.contains(name) || reserved_.contains(name)) return true;
    if (mirror_.find(name) != nullptr) return false;
    const std::string in_lower_case = lower(name);
    return taken_in_lower_case_.contains(in_lower_case) ||
           reserved_in_lower_case_.contains(in_lower_case);
  }

  const SideFolders& home_;
  const SideFolders& mirror_;
  std::span<const KnownPair> known_;
  Side home_side_;
  // Of folders that were paired before, also if they are gone at home: what is known of their
  // messages is known by these names.
  std::set<std::string> reserved_;
  std::set<std::string> reserved_in_lower_case_;
  std::vector<Rule> rules_;
  std::vector<Path> excluded_;
  std::vector<const Folder*> left_;
  std::set<std::string> taken_;
  std::set<std::string> taken_in_lower_case_;
  std::vector<FolderPair> pairs_;
};

}  // namespace

bool is_inbox(const Path& path) {
  return path.size() == 1 && path[0] == inbox;
}

bool is_virtual(SpecialUse use) {
  return use == SpecialUse::all || use == SpecialUse::flagged;
}

Path Naming::path_of(std::string_view name) const {
  if (iequals(name, inbox)) return {std::string(inbox)};
  if (!prefix.empty() && istarts_with(name, prefix) && name.size() > prefix.size())
    name.remove_prefix(prefix.size());
  if (delimiter == '\0') return {std::string(name)};
  Path path;
  for (const std::string_view part : split(name, delimiter))
    if (!part.empty()) path.emplace_back(part);
  if (!path.empty() && iequals(path[0], inbox)) path[0] = inbox;
  return path;
}

std::string Naming::name_of(const Path& path) const {
  if (path.empty()) return "";
  if (is_inbox(path)) return path[0];
  // "INBOX/x" is "INBOX.x" where everything is below INBOX.
  const bool below = path[0] == inbox && istarts_with(prefix, inbox);
  std::string name = path[0] == inbox && !below ? "" : prefix;
  for (std::size_t at = below ? 1 : 0; at < path.size(); ++at) {
    if (at > (below ? 1U : 0U)) name += delimiter == '\0' ? '-' : delimiter;
    name += path[at];
  }
  return name;
}

const Folder* SideFolders::find(std::string_view name) const {
  for (const Folder& folder : folders)
    if (folder.name == name) return &folder;
  return nullptr;
}

std::vector<FolderPair> pair_folders(const SideFolders& home, const SideFolders& mirror,
                                     std::span<const KnownPair> known, const SyncSettings& settings,
                                     Side home_side) {
  return Pairing(home, mirror, known, settings, home_side).run();
}

}  // namespace tandem::sync
