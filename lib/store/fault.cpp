#include "lib/store/fault.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "lib/base/text.hpp"

namespace tandem::store::fault {

namespace detail {
std::atomic<bool> active{false};
}

namespace {

namespace fs = std::filesystem;

struct Rule {
  std::string step;
  std::uint64_t occurrence = 1;
  bool onwards = false;
  bool kill = false;
  bool die = false;
  int code = 0;
};

struct State {
  std::mutex mutex;
  std::vector<Rule> rules;
  std::map<std::string, std::uint64_t, std::less<>> counts;
  fs::path root;
  fs::path shadow;
  bool dead = false;
};

State& state() {
  static auto* const the = new State;  // outlives every thread
  return *the;
}

constexpr std::array<std::pair<std::string_view, int>, 7> codes = {{{"EIO", EIO},
                                                                    {"ENOSPC", ENOSPC},
                                                                    {"EMFILE", EMFILE},
                                                                    {"EDQUOT", EDQUOT},
                                                                    {"EACCES", EACCES},
                                                                    {"ECONNRESET", ECONNRESET},
                                                                    {"ETIMEDOUT", ETIMEDOUT}}};

std::optional<Rule> parse_rule(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3 || parts[0].empty()) return std::nullopt;
  Rule rule{.step = std::string(parts[0])};
  auto number = parts[1];
  if (number.ends_with('+')) {
    rule.onwards = true;
    number.remove_suffix(1);
  }
  const auto occurrence = parse_number(number);
  if (!occurrence || *occurrence == 0) return std::nullopt;
  rule.occurrence = *occurrence;
  rule.kill = parts[2] == "kill";
  rule.die = parts[2] == "die";
  for (const auto& [name, code] : codes)
    if (name == parts[2]) rule.code = code;
  if (!rule.kill && !rule.die && rule.code == 0) return std::nullopt;
  return rule;
}

std::optional<fs::path> shadow_of(const State& s, const fs::path& path) {
  if (s.shadow.empty() || s.dead) return std::nullopt;
  const auto relative = path.lexically_relative(s.root);
  if (relative.empty() || *relative.begin() == "..") return std::nullopt;
  return s.shadow / relative;
}

// Readers of the shadow see the old copy or the new one, whenever the process is killed.
void replace(const fs::path& target, const auto& write) {
  std::error_code ignored;
  fs::create_directories(target.parent_path(), ignored);
  const fs::path part = target.string() + ".part";
  write(part);
  fs::rename(part, target, ignored);
}

constexpr std::string_view names_file = ".names";

bool is_database(const std::string& name) {  // SQLite flushes their names itself
  return name.ends_with(".db") || name.ends_with(".db-wal");
}

void from_environment() {
  if (const char* plan = std::getenv("TANDEM_FAULT"); plan != nullptr)
    if (!arm(plan)) std::abort();  // a misspelt fault would be a test that cannot fail
  if (const char* where = std::getenv("TANDEM_FAULT_SHADOW"); where != nullptr) {
    const auto parts = split(where, '=');
    if (parts.size() != 2 || !shadow(std::string(parts[0]), std::string(parts[1]))) std::abort();
  }
}

const bool started = (from_environment(), true);

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

namespace detail {

int reach(std::string_view step) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.dead) return EIO;
  auto found = s.counts.find(step);
  if (found == s.counts.end()) found = s.counts.emplace(std::string(step), 0).first;
  const auto occurrence = ++found->second;
  for (const auto& rule : s.rules) {
    if (rule.step != step) continue;
    if (occurrence != rule.occurrence && !(rule.onwards && occurrence > rule.occurrence)) continue;
    if (rule.kill) ::kill(::getpid(), SIGKILL);
    if (rule.die) s.dead = true;
    return rule.die ? EIO : rule.code;
  }
  return 0;
}

void keep_file(const std::string& path) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  const auto target = shadow_of(s, path);
  if (!target) return;
  replace(*target, [&](const fs::path& part) {
    std::error_code ignored;
    fs::copy_file(path, part, fs::copy_options::overwrite_existing, ignored);
  });
}

void keep_names(const std::string& directory) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  const auto target = shadow_of(s, fs::path(directory) / names_file);
  if (!target) return;
  replace(*target, [&](const fs::path& part) {
    std::ofstream out(part);
    for (const auto& entry : fs::directory_iterator(directory))
      out << entry.path().filename().string() << '\n';
  });
}

}  // namespace detail

Result<void> arm(std::string_view plan) {
  std::vector<Rule> rules;
  for (const auto part : split(plan, ',')) {
    if (trim(part).empty()) continue;
    auto rule = parse_rule(trim(part));
    if (!rule)
      return fail(ErrorKind::invalid,
                  "not a fault (step:occurrence:errno|kill|die): " + printable(part));
    rules.push_back(std::move(*rule));
  }
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  s.rules = std::move(rules);
  s.counts.clear();
  s.dead = false;
  detail::active.store(true);
  return {};
}

void disarm() {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  detail::active.store(false);
  s.rules.clear();
  s.counts.clear();
  s.root.clear();
  s.shadow.clear();
  s.dead = false;
}

void die() {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  s.dead = true;
  detail::active.store(true);
}

bool died() {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  return s.dead;
}

bool armed() {
  return detail::active.load(std::memory_order_relaxed);
}

std::uint64_t count(std::string_view step) {
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  const auto found = s.counts.find(step);
  return found == s.counts.end() ? 0 : found->second;
}

Result<void> shadow(std::string root, std::string directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(ErrorKind::storage, "cannot create " + directory + ": " + error.message());
  auto& s = state();
  const std::lock_guard lock(s.mutex);
  s.root = fs::path(std::move(root)).lexically_normal();
  s.shadow = std::move(directory);
  detail::active.store(true);
  return {};
}

Result<void> power_loss(const std::string& root, const std::string& directory) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  for (const auto& file : files) fs::remove(file, error);
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    const auto name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == names_file || name.ends_with(".part")) continue;
    const auto names = read_lines(entry.path().parent_path() / names_file);
    if (!is_database(name) && std::find(names.begin(), names.end(), name) == names.end()) continue;
    const auto target = fs::path(root) / entry.path().lexically_relative(directory);
    fs::create_directories(target.parent_path(), error);
    fs::copy_file(entry.path(), target, fs::copy_options::overwrite_existing, error);
    if (error) return fail(ErrorKind::storage, "cannot restore " + target.string());
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write, error);
  }
  return {};
}

}  // namespace tandem::store::fault
