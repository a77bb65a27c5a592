#include "archive/maildir.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sys/stat.h>
#include <system_error>

#include "lib/store/fault.hpp"

namespace tandem::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view draft_prefix = "tandemail.";
constexpr std::string_view keyword_file = "/dovecot-keywords";

std::unexpected<Error> failed(const std::string& what, int code) {
  return fail(write_error(store::errno_error(what, code)));
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed("cannot create " + path, errno);
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (const int code = store::fault::point("archive.rename"))
    return failed("cannot name " + to, code);
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return failed("cannot name " + to, errno);
}

Result<void> remove_drafts(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error))
    if (entry.path().filename().string().starts_with(draft_prefix)) fs::remove(entry.path(), error);
  if (error) return failed("cannot read " + directory, error.value());
  return {};
}

// The name's time is that of the delivery, the file's that of the message; but a tree that was
// copied carelessly has the time of the copying there, which is later.
std::int64_t date_of(const MaildirName& name, const struct stat& status) {
  const std::int64_t changed = status.st_mtim.tv_sec;
  if (name.origin.known() && name.time) return *name.time;
  return name.time ? std::min(*name.time, changed) : changed;
}

void sort_as_mailbox(std::vector<Local>& all) {
  const bool one_mailbox = std::ranges::all_of(all, [&all](const Local& one) {
    return one.origin.known() && one.origin.validity == all.front().origin.validity;
  });
  std::ranges::sort(all, {}, [one_mailbox](const Local& one) {
    const std::int64_t date = one_mailbox ? 0 : one.date.unix_seconds;
    return std::tuple(date, one.origin, std::string_view(one.file));
  });
}

}  // namespace

Error write_error(Error error) {
  if (error.kind != ErrorKind::storage) return error;
  error.next_step = error.temporary
                        ? "Make room on that disk, then run the same command again: what is "
                          "complete is kept."
                        : "Check the disk and who owns that folder, then run the same command "
                          "again: what is complete is kept.";
  return error;
}

bool is_maildir(const std::string& directory) {
  std::error_code error;
  return fs::is_directory(directory + "/cur", error);
}

Result<std::unique_ptr<Maildir>> Maildir::read(std::string directory) {
  std::unique_ptr<Maildir> box(new Maildir(std::move(directory)));
  if (auto done = box->read_keywords(); !done) return fail(done.error());
  return box;
}

Result<std::unique_ptr<Maildir>> Maildir::write(std::string directory, bool subfolder) {
  for (const char* const part : {"", "/cur", "/new", "/tmp"})
    if (auto made = make_folder(directory + part); !made) return fail(made.error());
  if (subfolder) {
    auto marked = store::File::open(directory + "/maildirfolder", O_WRONLY | O_CREAT);
    if (!marked) return fail(write_error(marked.error()));
  }
  if (auto done = remove_drafts(directory + "/tmp"); !done) return fail(done.error());
  return read(std::move(directory));
}

Maildir::~Maildir() {
  drop();
  for (const Draft& draft : complete_) ::unlink(draft.file.path().c_str());
}

Result<void> Maildir::read_keywords() {
  const auto file = store::File::open(directory_ + std::string(keyword_file), O_RDONLY);
  if (!file && file.error().kind == ErrorKind::not_found) return {};
  if (!file) return fail(file.error());
  const auto size = file->size();
  if (!size) return fail(size.error());
  std::string text(std::min<std::uint64_t>(*size, 64 * 1024), '\0');
  if (auto done = file->read(text, 0); !done) return done;
  keywords_ = Keywords::parse(text);
  return {};
}

Result<void> Maildir::write_keywords() {
  if (!keywords_.changed()) return {};
  const std::string draft = directory_ + "/tmp/" + std::string(draft_prefix) + "keywords";
  const std::string text = keywords_.to_text();
  auto file = store::File::open(draft, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return fail(write_error(file.error()));
  auto done = file->write(text, 0, "archive.write");
  if (done) done = file->flush();
  if (!done) return fail(write_error(done.error()));
  keywords_ = Keywords::parse(text);
  done = rename_file(draft, directory_ + std::string(keyword_file));
  if (done) done = store::flush_directory(directory_);
  return done;
}

Result<void> Maildir::list_part(std::string_view part, std::vector<Local>& all) const {
  const std::string folder = fmt::format("{}/{}", directory_, part);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    struct stat status{};
    if (file.starts_with('.') || ::stat(entry.path().c_str(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    const MaildirName name = parse_maildir_name(file);
    Local& local = all.emplace_back();
    local.file = entry.path().string();
    local.length = static_cast<std::uint64_t>(status.st_size);
    local.add_cr = !name.origin.known();
    local.date.unix_seconds = date_of(name, status);
    local.flags = flags_from(name.letters, keywords_);
    local.origin = name.origin;
    local.label = local.file;
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return failed("cannot read " + folder, error.value());
  return {};
}

Result<std::vector<Local>> Maildir::list() {
  std::vector<Local> all;
  for (const std::string_view part : {"cur", "new"})
    if (auto done = list_part(part, all); !done) return fail(done.error());
  sort_as_mailbox(all);
  return all;
}

Result<void> Maildir::begin() {
  drop();
  const std::string path = fmt::format("{}/tmp/{}{}", directory_, draft_prefix, drafts_++);
  auto file = store::File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return fail(write_error(file.error()));
  open_.emplace(Draft{std::move(*file)});
  return {};
}

Result<void> Maildir::put(std::string_view bytes) {
  auto done = open_->file.write(bytes, open_->size, "archive.write");
  if (!done) return fail(write_error(done.error()));
  open_->size += bytes.size();
  return {};
}

std::string Maildir::letters(const sync::Flags& flags) {
  std::vector<std::string> lost;
  std::string text = letters_for(flags, keywords_, lost);
  for (std::string& keyword : lost)
    if (std::ranges::find(without_, keyword) == without_.end())
      without_.push_back(std::move(keyword));
  return text;
}

Result<void> Maildir::end(const Kept& kept) {
  const timespec date{.tv_sec = kept.date.unix_seconds, .tv_nsec = 0};
  const std::array<timespec, 2> times = {date, date};
  if (kept.date != imap::DateTime() && ::futimens(open_->file.fd(), times.data()) != 0)
    return failed("cannot date " + open_->file.path(), errno);
  open_->name =
      unique_name(kept.origin, kept.date.unix_seconds, open_->size) + ":2," + letters(kept.flags);
  complete_.push_back(std::move(*open_));
  open_.reset();
  return {};
}

void Maildir::drop() {
  if (open_) ::unlink(open_->file.path().c_str());
  open_.reset();
}

Result<void> Maildir::commit() {
  if (complete_.empty()) return {};
  if (auto done = write_keywords(); !done) return done;
  for (Draft& draft : complete_)
    if (auto done = draft.file.flush(); !done) return fail(write_error(done.error()));
  for (const Draft& draft : complete_)
    if (auto done = rename_file(draft.file.path(), directory_ + "/cur/" + draft.name); !done)
      return done;
  complete_.clear();
  return store::flush_directory(directory_ + "/cur");
}

Result<bool> Maildir::renew(const Local& local, const Kept& kept) {
  const std::string text = letters(kept.flags);
  const sync::Flags held = flags_from(text, keywords_);
  if (local.origin == kept.origin && local.flags == held) return false;
  if (auto done = write_keywords(); !done) return fail(done.error());
  const std::string name =
      fmt::format("{}/cur/{}:2,{}", directory_,
                  unique_name(kept.origin, local.date.unix_seconds, local.length), text);
  if (auto done = rename_file(local.file, name); !done) return fail(done.error());
  return true;
}

}  // namespace tandem::archive
