// An archive in a temporary folder, beside the two sides of tests/sync.
#pragma once

#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "archive/export.hpp"
#include "archive/load.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::archive {

using migration::Side;
using sync::TempDirectory;
using sync::TwoSides;

// Of every file below a folder: name and bytes.
inline std::map<std::string, std::string> files_below(const std::string& directory) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    all[entry.path().lexically_relative(directory).string()] =
        std::string(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

struct Shelf {
  TwoSides sides;
  TempDirectory directory;

  [[nodiscard]] std::string path(const std::string& name = "box") const {
    return directory.path + "/" + name;
  }
  // Writes bytes to a file, with the folders it is in.
  void put_file(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }
  [[nodiscard]] migration::Account account() const {
    return *sides.world->registry->routes()->account(sides.world->account);
  }

  net::Task<Result<Report>> try_export(Format format, std::string name = "box") {
    ExportOrder order;
    order.account = account();
    order.side = Side::old_side;
    order.directory = path(name);
    order.format = format;
    Report report;
    const auto done = co_await export_account(*sides.world->access, order, report);
    if (!done) co_return fail(done.error());
    co_return report;
  }
  net::Task<Report> write(Format format, std::string name = "box") {
    auto report = co_await try_export(format, std::move(name));
    if (!report) FAIL(report.error().to_string());
    co_return std::move(*report);
  }
  net::Task<Result<Report>> try_load(Side side, std::string name = "box", std::string folder = "") {
    LoadOrder order;
    order.account = account();
    order.side = side;
    order.from = path(name);
    order.folder = std::move(folder);
    Report report;
    const auto done = co_await load_account(*sides.world->access, order, report);
    if (!done) co_return fail(done.error());
    co_return report;
  }
  net::Task<Report> load(Side side, std::string name = "box", std::string folder = "") {
    auto report = co_await try_load(side, std::move(name), std::move(folder));
    if (!report) FAIL(report.error().to_string());
    co_return std::move(*report);
  }
  void run(net::Task<void> body) { sides.run(std::move(body)); }
};

inline std::uint64_t sum(const Report& report, std::uint64_t FolderReport::* member) {
  std::uint64_t all = 0;
  for (const FolderReport& folder : report.folders) all += folder.*member;
  return all;
}

}  // namespace tandem::archive
