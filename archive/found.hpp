// Which folders of mail are below a path: a Maildir or a tree of them (Maildir++, or folders inside
// of folders), mbox files, or both. Only names and the beginnings of files are looked at; blocking.
#pragma once

#include <string>
#include <vector>

#include "archive/box.hpp"
#include "archive/report.hpp"
#include "sync/folders.hpp"

namespace tandem::archive {

struct Found {
  sync::Path path;  // as a folder of a mailbox; {"INBOX"} for `from` itself
  Format format = Format::maildir;
  std::string place;
};

// INBOX first, then by path. Files that are no mail are named in `report`. not_found: nothing
// there.
[[nodiscard]] Result<std::vector<Found>> find_folders(const std::string& from, Report& report);

[[nodiscard]] Result<std::unique_ptr<Box>> open_found(const Found& found);

}  // namespace tandem::archive
