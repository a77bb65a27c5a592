#include "lib/store/recovery.hpp"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <map>
#include <optional>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"

namespace tandem::store {
namespace {

// The file names in a directory, without "." and "..".
Result<std::vector<std::string>> names_in(const std::string& directory) {
  DIR* const opened = ::opendir(directory.c_str());
  if (opened == nullptr) return fail(errno_error("cannot list " + directory, errno));
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(opened)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(opened);
  return names;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::uint32_t> segment_number(std::string_view name) {
  if (!name.ends_with(".seg")) return std::nullopt;
  const auto number = parse_number(name.substr(0, name.size() - 4));
  if (!number || *number == 0 || *number > 0x7fffffff) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

struct Known {
  std::uint64_t size = 0;
  bool removed = false;
};

Result<std::map<std::uint32_t, Known>> known_segments(Sql& sql) {
  std::map<std::uint32_t, Known> known;
  auto rows = sql.query("SELECT segment, size, removed FROM store_segments");
  while (rows.next())
    known[static_cast<std::uint32_t>(rows.integer(0))] = {
        .size = static_cast<std::uint64_t>(rows.integer(1)), .removed = rows.integer(2) != 0};
  if (!rows.status()) return fail(rows.status().error());
  return known;
}

Result<void> remove_uncommitted(const std::string& directory,
                                const std::map<std::uint32_t, Known>& known) {
  const auto names = names_in(directory);
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    const auto number = segment_number(name);
    if (!number) continue;
    const auto found = known.find(*number);
    if (found != known.end() && !found->second.removed) continue;
    const auto path = directory + "/" + name;
    if (::unlink(path.c_str()) != 0) return fail(errno_error("cannot remove " + path, errno));
  }
  return {};
}

// Brings one file to its committed size. A sentence when it has less.
Result<std::string> recover_one(const std::string& path, std::uint64_t size, bool repair) {
  auto file = File::open(path, repair ? O_RDWR : O_RDONLY);
  if (!file && file.error().kind == ErrorKind::not_found) return path + " is missing";
  if (!file) return fail(file.error());
  const auto there = file->size();
  if (!there) return fail(there.error());
  if (*there < size)
    return fmt::format("{} has {} bytes of {}: it was shortened", path, *there, size);
  if (*there == size || !repair) return std::string();
  log::info("I-STORE-3", "{}: {} bytes that were never committed are cut off", path, *there - size);
  if (auto cut = file->truncate(size); !cut) return fail(cut.error());
  return std::string();
}

}  // namespace

Schema own_schema() {
  return {.component = "store",
          .steps = {// Committed bytes per segment; dead ones of these; 1: compacted away. Numbers
                    // are never used twice, so rows stay.
                    "CREATE TABLE store_segments (segment INTEGER PRIMARY KEY,"
                    " size INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0,"
                    " removed INTEGER NOT NULL DEFAULT 0);"
                    // Dead records, by where they are.
                    "CREATE TABLE store_released (position INTEGER PRIMARY KEY,"
                    " segment INTEGER NOT NULL);"
                    "CREATE INDEX store_released_segment ON store_released (segment);"
                    // The name of a blob that compaction moved, and where it is now.
                    "CREATE TABLE store_moved (position INTEGER PRIMARY KEY,"
                    " location INTEGER NOT NULL UNIQUE);"}};
}

Result<void> private_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0) return flush_directory(parent_of(directory));
  if (errno != EEXIST) return fail(errno_error("cannot create " + directory, errno));
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0)
    return fail(errno_error("cannot look at " + directory, errno));
  if (!S_ISDIR(status.st_mode)) return fail(ErrorKind::invalid, directory + " is not a directory");
  if (status.st_uid != ::geteuid())
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = directory + " belongs to another user",
                      .next_step = "Start Tandemail as that user, or change the owner"});
  if ((status.st_mode & 077) != 0)
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "other users can read " + directory,
                      .next_step = "chmod 700 " + directory});
  return {};
}

Result<File> take_lock(const std::string& directory) {
  auto file = File::open(directory + "/LOCK", O_RDWR | O_CREAT);
  if (!file) return file;
  if (::flock(file->fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(errno_error("cannot lock " + directory, errno));
    char holder[16] = {};
    const auto length = ::pread(file->fd(), holder, sizeof holder, 0);
    const auto pid =
        parse_number(trim({holder, static_cast<std::size_t>(length > 0 ? length : 0)}));
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = pid ? fmt::format("{} is in use by process {}", directory, *pid)
                                  : directory + " is in use by another process",
                      .next_step = "Stop that process first; one at a time may use a directory"});
  }
  if (auto cut = file->truncate(0); !cut) return fail(cut.error());
  if (auto noted = file->write(fmt::format("{}\n", ::getpid()), 0, "store.lock"); !noted)
    return fail(noted.error());
  return file;
}

Result<void> clean_spool(const std::string& spool) {
  const auto names = names_in(spool);
  if (!names) return fail(names.error());
  for (const auto& name : *names) ::unlink((spool + "/" + name).c_str());
  return {};
}

Result<Recovered> recover_segments(Sql& sql, const std::string& directory, bool repair) {
  const auto known = known_segments(sql);
  if (!known) return fail(known.error());
  if (repair)
    if (auto removed = remove_uncommitted(directory, *known); !removed)
      return fail(removed.error());
  Recovered recovered;
  for (const auto& [number, segment] : *known) {
    recovered.next = number + 1;
    recovered.last = {};
    if (segment.removed) continue;
    auto damage = recover_one(segment_path(directory, number), segment.size, repair);
    if (!damage) return fail(damage.error());
    if (damage->empty())
      recovered.last = {.segment = number, .size = segment.size};
    else
      recovered.damage.push_back(std::move(*damage));
  }
  return recovered;
}

}  // namespace tandem::store
