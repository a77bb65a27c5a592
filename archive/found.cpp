#include "archive/found.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "archive/folder_name.hpp"
#include "archive/maildir.hpp"
#include "archive/mbox.hpp"

namespace tandem::archive {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view whole_tree = "INBOX";

bool begins_as_mbox(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string start(5, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return in && start == "From ";
}

bool is_of_maildir(const std::string& name) {
  return name == "cur" || name == "new" || name == "tmp";
}

class Search {
 public:
  explicit Search(Report& report) : report_(report) {}

  // `relative`: with '/' between folders; "" for the path itself.
  Result<void> folder(const fs::path& directory, const std::string& relative) {
    const bool maildir = is_maildir(directory.string());
    if (maildir) add({path_below(relative), Format::maildir, directory.string()});
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      const std::string name = entry.path().filename().string();
      std::error_code ignored;
      if (entry.is_directory(ignored)) {
        if (auto done = inner(entry.path(), relative, name, maildir); !done) return done;
      } else if (!maildir && !name.starts_with('.')) {
        file(entry.path(), relative.empty() ? name : relative + "/" + name);
      }
    }
    if (!error) return {};
    return fail(Error{.kind = ErrorKind::storage,
                      .what = "cannot read " + directory.string() + ": " + error.message(),
                      .next_step = "Check who may read that folder."});
  }

  void file(const fs::path& path, const std::string& relative) {
    std::error_code ignored;
    if (path.extension() == ".msf" || fs::file_size(path, ignored) == 0) return;
    if (begins_as_mbox(path))
      add({path_of_mbox(relative), Format::mbox, path.string()});
    else
      report_.problems.push_back({"", path.string(),
                                  "it is no mbox file: it does not begin with a "
                                  "From line",
                                  "Nothing, if it holds no mail."});
  }

  std::vector<Found> take() {
    std::ranges::sort(found_, {}, [](const Found& one) {
      return std::tuple(one.path != sync::Path{std::string(whole_tree)}, one.path, one.place);
    });
    // a and a.mbox would become one folder, where equal messages of both are taken for the same.
    std::set<sync::Path> taken;
    for (Found& one : found_)
      while (!taken.insert(one.path).second) one.path.back() += " (2)";
    return std::move(found_);
  }

 private:
  Result<void> inner(const fs::path& path, const std::string& relative, const std::string& name,
                     bool in_maildir) {
    if (name.starts_with('.')) {  // Maildir++, or hidden
      if (!in_maildir || !is_maildir(path.string())) return {};
      sync::Path folder = relative.empty() ? sync::Path() : path_below(relative);
      for (std::string& part : path_of_maildir(name)) folder.push_back(std::move(part));
      add({std::move(folder), Format::maildir, path.string()});
      return {};
    }
    // Beside cur/ a server keeps folders of its own: scripts, indexes.
    if (in_maildir && (is_of_maildir(name) || !is_maildir(path.string()))) return {};
    return folder(path, relative.empty() ? name : relative + "/" + name);
  }

  static sync::Path path_below(const std::string& relative) {
    return relative.empty() ? sync::Path{std::string(whole_tree)} : path_of_mbox(relative);
  }

  void add(Found found) { found_.push_back(std::move(found)); }

  Report& report_;
  std::vector<Found> found_;
};

}  // namespace

Result<std::vector<Found>> find_folders(const std::string& from, Report& report) {
  Search search(report);
  std::error_code error;
  const fs::path path(from);
  if (fs::is_directory(path, error)) {
    if (auto done = search.folder(path, ""); !done) return fail(done.error());
  } else if (fs::is_regular_file(path, error)) {
    search.file(path, path.filename().string());
  }
  std::vector<Found> found = search.take();
  if (!found.empty()) return found;
  return fail(Error{.kind = ErrorKind::not_found,
                    .what = "there is no mail in " + from,
                    .next_step = "Name a Maildir (a folder that holds cur and new), an mbox file "
                                 "(it begins with \"From \"), or a folder of these."});
}

Result<std::unique_ptr<Box>> open_found(const Found& found) {
  if (found.format == Format::mbox) {
    auto box = Mbox::read(found.place);
    if (!box) return fail(box.error());
    return std::unique_ptr<Box>(std::move(*box));
  }
  auto box = Maildir::read(found.place);
  if (!box) return fail(box.error());
  return std::unique_ptr<Box>(std::move(*box));
}

}  // namespace tandem::archive
