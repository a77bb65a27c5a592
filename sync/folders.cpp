#include "sync/folders.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "lib/base/text.hpp"

namespace tandem::sync {
namespace {

using config::FolderMap;
using config::FolderNames;
using config::SyncSettings;
using migration::NameChange;
using migration::PairedBy;
using migration::Side;
using migration::WhyLeftOut;

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

// What stands for a text that a side refuses: of several characters the first, of one its
// full-width form, which no server takes for it.
std::string stand_in(std::string_view refused) {
  if (refused.size() > 1) return std::string(refused.substr(0, 1));
  const auto c = static_cast<unsigned char>(refused[0]);
  if (c <= ' ' || c > '~') return "-";
  const unsigned wide = 0xFF01U + c - '!';
  return {static_cast<char>(0xE0U | wide >> 12U), static_cast<char>(0x80U | (wide >> 6U & 0x3FU)),
          static_cast<char>(0x80U | (wide & 0x3FU))};
}

// A part of a name as a server with this delimiter, that refuses this, can hold it.
std::string fitting(std::string_view part, char delimiter, const FolderNames& names) {
  std::string fit;
  for (const char c : trim(part)) {
    if (c != delimiter || delimiter == '\0')
      fit += c;
    else
      fit += c == '/' ? "／" : "-";
  }
  for (const std::string& refused : names.refused)
    for (auto at = fit.find(refused); at != std::string::npos; at = fit.find(refused, at))
      fit.replace(at, refused.size(), stand_in(refused));
  return fit.empty() ? "_" : fit;
}

struct Rule {
  Path from, to;  // home, mirror
  const FolderMap* line = nullptr;
};

class Pairing {
 public:
  Pairing(const SideFolders& home, const SideFolders& mirror, std::span<const KnownPair> known,
          const SyncSettings& settings, Side home_side)
      : home_(home),
        mirror_(mirror),
        known_(known),
        settings_(settings),
        home_side_(home_side),
        names_(home_side == Side::old_side ? settings.new_names : settings.old_names) {
    for (const KnownPair& pair : known) {
      reserved_.insert(pair.mirror);
      reserved_in_lower_case_.insert(lower(pair.mirror));
    }
    for (const FolderMap& map : settings.map) {
      const bool forward = home_side == Side::old_side;
      rules_.push_back({path_from_settings(home.naming, forward ? map.from : map.to),
                        path_from_settings(mirror.naming, forward ? map.to : map.from), &map});
    }
    const Naming& old_side = home_side == Side::old_side ? home.naming : mirror.naming;
    for (const std::string& name : settings.exclude)
      excluded_.push_back(path_from_settings(old_side, name));
  }

  FolderPlan run() {
    for (const Folder& folder : home_.folders) sort_out(folder);
    take(PairedBy::known, [this](const Folder& folder) { return from_ledger(folder); });
    // Before the rules: one that names INBOX for another folder does not take it away.
    take(PairedBy::inbox, [this](const Folder& folder) { return inbox_of(folder); });
    take(PairedBy::map, [this](const Folder& folder) { return from_rules(folder); });
    // Uses that a server says go before those that a name says, on either side.
    take(PairedBy::special_use, [this](const auto& one) { return by_use(one, one.use, true); });
    take(PairedBy::name, [this](const auto& one) { return by_use(one, one.use, false); });
    take(PairedBy::name, [this](const auto& one) { return by_use(one, named_use(one), true); });
    take(PairedBy::name, [this](const auto& one) { return by_use(one, named_use(one), false); });
    std::ranges::sort(left_, {}, [](const Folder* folder) {
      return std::pair(folder->path.size(), folder->path);
    });
    take(PairedBy::path, [this](const Folder& folder) { return by_path(folder); });
    if (home_side_ == Side::new_side) leave_out_by_mirror();
    std::ranges::sort(pairs_, {}, [](const FolderPair& pair) {
      return std::pair(!is_inbox(pair.home->path), pair.home->path);
    });
    return {std::move(pairs_), std::move(left_out_)};
  }

 private:
  void sort_out(const Folder& folder) {
    if (!folder.selectable || folder.path.empty()) {
      left_out_.push_back({&folder, WhyLeftOut::no_messages, nullptr});
      return;
    }
    const std::string* const line =
        home_side_ == Side::old_side ? excluded_by(folder.path) : nullptr;
    if (line != nullptr)
      left_out_.push_back({&folder, WhyLeftOut::excluded, line});
    else if (is_virtual(folder.use) && rule_for(folder.path) == nullptr)
      left_out_.push_back({&folder, WhyLeftOut::virtual_one, nullptr});
    else
      left_.push_back(&folder);
  }

  // Where the old side is the mirror, the name there tells: only when all are paired is it known.
  void leave_out_by_mirror() {
    std::erase_if(pairs_, [this](const FolderPair& pair) {
      const std::string* const line = excluded_by(mirror_.naming.path_of(pair.mirror_name));
      if (line != nullptr) left_out_.push_back({pair.home, WhyLeftOut::excluded, line});
      return line != nullptr;
    });
  }

  // By its path on the old side; null: it is not excluded.
  [[nodiscard]] const std::string* excluded_by(const Path& path) const {
    for (std::size_t at = 0; at < excluded_.size(); ++at)
      if (starts_with(path, excluded_[at])) return &settings_.exclude[at];
    return nullptr;
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
  void take(PairedBy by, Decide decide) {
    std::vector<const Folder*> later;
    for (const Folder* folder : left_) {
      change_ = NameChange::none;
      const std::string name = decide(*folder);
      if (name.empty())
        later.push_back(folder);
      else
        add(*folder, name, by);
    }
    left_ = std::move(later);
  }

  void add(const Folder& folder, const std::string& name, PairedBy by) {
    taken_.insert(name);
    taken_in_lower_case_.insert(lower(name));
    const SpecialUse use = folder.use != SpecialUse::none ? folder.use : named_use(folder);
    const FolderMap* line = nullptr;
    if (by == PairedBy::map) line = rule_for(folder.path)->line;
    if (by == PairedBy::known) line = unheeded(folder, name);
    pairs_.push_back({&folder, name, mirror_.find(name), use, by, change_, line});
  }

  // The line that names another place for a folder that has this counterpart already.
  [[nodiscard]] const FolderMap* unheeded(const Folder& folder, const std::string& name) const {
    const Rule* const rule = rule_for(folder.path);
    if (rule == nullptr) return nullptr;
    Path path = place_by(*rule, folder);
    for (std::string& part : path) part = fitting(part, mirror_.naming.delimiter, names_);
    const std::string meant = mirror_.naming.name_of(path);
    return name == meant || name.starts_with(meant + " (") ? nullptr : rule->line;
  }

  static Path place_by(const Rule& rule, const Folder& folder) {
    Path path = rule.to;
    path.insert(path.end(), folder.path.begin() + static_cast<std::ptrdiff_t>(rule.from.size()),
                folder.path.end());
    return path;
  }

  [[nodiscard]] std::string from_ledger(const Folder& folder) const {
    for (const KnownPair& pair : known_)
      if (pair.home == folder.name) return pair.mirror;
    return "";
  }

  std::string from_rules(const Folder& folder) {
    const Rule* rule = rule_for(folder.path);
    if (rule == nullptr) return "";
    // Several folders may be mapped to one name by mistake: the second keeps apart.
    return free_name(place_by(*rule, folder));
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

  // Parts from `own` on are made to be what the mirror can hold.
  std::string free_name(Path path, std::size_t own = 0) {
    for (std::size_t at = own; at < path.size(); ++at) {
      std::string fit = fitting(path[at], mirror_.naming.delimiter, names_);
      if (fit != path[at]) change_ = NameChange::unfit;
      path[at] = std::move(fit);
    }
    if (own == 0 && path.size() > 1 && is_reserved(path[0])) {
      path[0] += " (2)";
      change_ = NameChange::taken;
    }
    const std::string last = path.back();
    for (int number = 2; !is_free(path); ++number) {
      path.back() = fmt::format("{} ({})", last, number);
      change_ = NameChange::taken;
    }
    return mirror_.naming.name_of(path);
  }

  [[nodiscard]] bool is_free(const Path& path) const {
    const bool reserved = path.size() == 1 && is_reserved(path[0]);
    return !reserved && !is_taken(mirror_.naming.name_of(path));
  }

  // Not for people's folders; Exchange, which has such names, does not tell cases apart.
  [[nodiscard]] bool is_reserved(std::string_view name) const {
    return std::ranges::any_of(names_.reserved,
                               [&](const std::string& one) { return iequals(one, name); });
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
  const SyncSettings& settings_;
  Side home_side_;
  const FolderNames& names_;  // of the mirror
  // Of folders that were paired before, also if they are gone at home: what is known of their
  // messages is known by these names.
  std::set<std::string> reserved_;
  std::set<std::string> reserved_in_lower_case_;
  std::vector<Rule> rules_;
  std::vector<Path> excluded_;
  std::vector<const Folder*> left_;
  std::set<std::string> taken_;
  std::set<std::string> taken_in_lower_case_;
  NameChange change_ = NameChange::none;  // of the name that was found last
  std::vector<FolderPair> pairs_;
  std::vector<LeftOut> left_out_;
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

FolderPlan plan_folders(const SideFolders& home, const SideFolders& mirror,
                        std::span<const KnownPair> known, const SyncSettings& settings,
                        Side home_side) {
  return Pairing(home, mirror, known, settings, home_side).run();
}

std::vector<FolderPair> pair_folders(const SideFolders& home, const SideFolders& mirror,
                                     std::span<const KnownPair> known, const SyncSettings& settings,
                                     Side home_side) {
  return plan_folders(home, mirror, known, settings, home_side).pairs;
}

}  // namespace tandem::sync
