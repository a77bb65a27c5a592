#include "archive/export.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <sys/file.h>

#include "archive/export_folder.hpp"
#include "archive/folder_name.hpp"
#include "archive/maildir.hpp"
#include "archive/mbox.hpp"
#include "lib/base/text.hpp"
#include "sync/list_side.hpp"

namespace tandem::archive {
namespace fs = std::filesystem;
namespace {

// The directory, ours alone while this lives.
Result<store::File> take(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return fail(write_error(store::errno_error("cannot create " + directory, error.value())));
  auto held = store::File::open(directory, O_RDONLY | O_DIRECTORY);
  if (!held) return fail(held.error());
  if (::flock(held->fd(), LOCK_EX | LOCK_NB) != 0)
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = "another export writes to " + directory,
                      .next_step = "Wait until it has ended."});
  return held;
}

Result<std::unique_ptr<Box>> open_box(const ExportOrder& order, const sync::Path& path) {
  if (order.format == Format::mbox) {
    auto box = Mbox::write(order.directory + "/" + mbox_name_of(path));
    if (!box) return fail(box.error());
    return std::unique_ptr<Box>(std::move(*box));
  }
  const std::string name = maildir_name_of(path);
  auto box = Maildir::write(order.directory + (name.empty() ? "" : "/" + name), !name.empty());
  if (!box) return fail(box.error());
  return std::unique_ptr<Box>(std::move(*box));
}

bool has_a_name(const sync::Path& path, Format format) {
  constexpr std::size_t longest = 240;
  if (format == Format::maildir) return maildir_name_of(path).size() <= longest;
  const std::string name = mbox_name_of(path);
  return std::ranges::all_of(split(name, '/'),
                             [](std::string_view part) { return part.size() <= longest; });
}

bool is_wanted(const sync::Folder& folder) {
  return folder.selectable && !folder.path.empty() && !sync::is_virtual(folder.use);
}

// A folder that the server does not open, or a name that no file can have, is named and left out.
Task<Result<void>> export_one(net::ImapClient& client, const sync::Folder& folder,
                              const ExportOrder& order, Report& report) {
  const auto opened = co_await client.examine(folder.name);
  if (!opened && !client.is_open()) co_return fail(opened.error());
  if (!opened) {
    report.problems.push_back({folder.name, "", reason_of(opened.error()),
                               "Ask that side's administrator about the words above."});
    co_return Result<void>{};
  }
  if (!has_a_name(folder.path, order.format)) {
    report.problems.push_back(
        {folder.name, "", "the folder's name is too long for a file", "Rename it on that side."});
    co_return Result<void>{};
  }
  const auto box = open_box(order, folder.path);
  if (!box) co_return fail(box.error());
  co_return co_await export_folder(client, folder.name, **box, report);
}

}  // namespace

std::string account_directory(const std::string& below, const std::string& address) {
  std::string name = address;
  std::ranges::replace(name, '/', '_');
  return below + "/" + name;
}

Task<Result<void>> export_account(const migration::SideAccess& access, ExportOrder order,
                                  Report& report) {
  const auto held = take(order.directory);
  if (!held) co_return fail(held.error());
  const auto client = co_await access.open_mailboxes(order.account, order.side);
  if (!client) co_return fail(client.error());
  const auto folders = co_await sync::list_side(**client, true);
  if (!folders) co_return fail(folders.error());
  for (const sync::Folder& folder : folders->folders) {
    if (!is_wanted(folder)) continue;
    auto done = co_await export_one(**client, folder, order, report);
    if (!done) {
      Error error = done.error();
      error.what = fmt::format("{}, folder {}: {}", order.account.address, printable(folder.name),
                               error.what);
      co_return fail(std::move(error));
    }
  }
  (void)co_await (*client)->logout();
  co_return Result<void>{};
}

}  // namespace tandem::archive
