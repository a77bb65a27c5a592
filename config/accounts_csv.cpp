#include "config/accounts_csv.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>

#include "config/account_columns.hpp"
#include "config/csv_text.hpp"
#include "config/units.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

// local@domain with the domain in lower-case ASCII. Only what could not be a mailbox is refused.
std::optional<std::string> normal_address(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return std::nullopt;
  const auto bad = [](unsigned char c) { return c <= ' ' || c == 0x7F || c == '@' || c == ','; };
  const auto local = text.substr(0, at);
  const auto domain = parse_domain(text.substr(at + 1));
  if (!domain || std::ranges::any_of(local, bad)) return std::nullopt;
  return std::string(local) + "@" + *domain;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
}

class Import {
 public:
  Import(AccountsCsv& out, const std::string& file, std::span<const std::string> domains,
         const CsvLimits& limits)
      : out_(out), file_(file), domains_(domains), limits_(limits) {}

  void run(std::string_view text) {
    out_.separator = guess_separator(text);
    CsvReader reader(text, out_.separator, limits_.field);
    const auto head = reader.next();
    if (!head) {
      error(0, "", "The file is empty.",
            "The first row holds the columns' names, address at least.");
      return;
    }
    if (!header(*head)) return;
    std::size_t count = 0;
    while (auto row = reader.next()) {
      if (++count > limits_.rows) {
        error(row->row, "", fmt::format("There are more than {} rows.", limits_.rows),
              "Import them in several files.");
        return;
      }
      take(*row);
      for (auto& field : row->fields) wipe(field);
    }
    if (count == 0)
      error(head->row, "", "There is no account below the header.", "Add one per row.");
  }

 private:
  void report(Severity severity, unsigned row, std::string_view column, std::string what,
              std::string cure) {
    out_.problems.push_back(
        {severity, file_, row, std::string(column), std::move(what), std::move(cure)});
  }
  void error(unsigned row, std::string_view column, std::string what, std::string cure) {
    ++errors_;
    report(Severity::error, row, column, std::move(what), std::move(cure));
  }
  void error(unsigned row, Column column, std::string what, std::string cure) {
    error(row, out_.header[*places_[std::size_t(column)]], std::move(what), std::move(cure));
  }

  bool header(const CsvRow& row) {
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      out_.header.emplace_back(printable(trim(row.fields[i]), 60));
      header_cell(row, i);
    }
    if (places_[std::size_t(Column::address)]) return true;
    // Perhaps there is no header at all: then its cells may be passwords and are not shown.
    out_.header.clear();
    error(
        row.row, "", "The first row has no column \"address\" (メールアドレス).",
        "Name the columns in it: address, old_login, old_password, new_login, new_password, note.");
    std::erase_if(out_.problems, [](const Problem& problem) { return !problem.column.empty(); });
    return false;
  }

  void header_cell(const CsvRow& row, std::size_t i) {
    const auto& name = out_.header[i];
    columns_.push_back(column_of(row.fields[i]));
    if (!columns_[i]) {
      unknown_column(row, name);
      return;
    }
    auto& place = places_[std::size_t(*columns_[i])];
    if (place)
      error(row.row, name, fmt::format("This is a second column for {}.", name_of(*columns_[i])),
            "Remove one of the two.");
    else
      place = i;
  }

  void unknown_column(const CsvRow& row, const std::string& name) {
    if (name.empty()) return;
    if (const auto meant = nearly_column(name))
      error(row.row, name, "There is no such column.",
            fmt::format("Did you mean {}?", name_of(*meant)));
    else
      report(Severity::warning, row.row, name, "This column is not known and is left out.",
             "Known are address, old_login, old_password, new_login, new_password, note.");
  }

  void take(const CsvRow& row) {
    errors_ = 0;
    keep_preview(row);
    if (row.broken) {
      error(row.row, "", "A quotation mark has no partner in this row.",
            "Write \"\" for a quotation mark inside quotes, and close every quote.");
      return;
    }
    if (row.fields.size() > columns_.size() && has_text_behind(row))
      error(
          row.row, "",
          fmt::format("This row has {} fields, the header {}.", row.fields.size(), columns_.size()),
          "Quote a field that contains the separator.");
    check_fields(row);
    auto address = take_address(row);
    if (errors_ != 0) return;
    out_.rows.push_back({.address = std::move(address),
                         .old_login = std::string(trim(field(row, Column::old_login))),
                         .old_password = Secret(std::string(field(row, Column::old_password))),
                         .new_login = std::string(trim(field(row, Column::new_login))),
                         .new_password = Secret(std::string(field(row, Column::new_password))),
                         .note = std::string(trim(field(row, Column::note))),
                         .row = row.row});
  }

  [[nodiscard]] bool has_text_behind(const CsvRow& row) const {
    return std::any_of(row.fields.begin() + std::ptrdiff_t(columns_.size()), row.fields.end(),
                       [](const std::string& text) { return !trim(text).empty(); });
  }

  [[nodiscard]] std::string_view field(const CsvRow& row, Column column) const {
    const auto place = places_[std::size_t(column)];
    return place && *place < row.fields.size() ? std::string_view(row.fields[*place])
                                               : std::string_view{};
  }

  void check_fields(const CsvRow& row) {
    for (std::size_t i = 0; i < column_count; ++i) {
      const auto column = Column(i);
      const auto text = field(row, column);
      if (text.size() > limits_.field)
        error(row.row, column, fmt::format("The field is longer than {} bytes.", limits_.field),
              "Is a quotation mark missing above?");
      else if (column != Column::note && has_control(trim(text)))
        error(row.row, column, "The field contains a line end or another control character.",
              "Remove it.");
      else if (is_password(column) && trim(text).size() != text.size())
        report(Severity::warning, row.row, name_of(column),
               "The password begins or ends with a blank; it is taken as it stands.",
               "Remove the blank if it is not part of the password.");
    }
  }

  std::string take_address(const CsvRow& row) {
    const auto text = trim(field(row, Column::address));
    if (text.empty()) {
      error(row.row, Column::address, "The address is missing.", "Fill it in, or delete the row.");
      return {};
    }
    auto address = normal_address(text);
    if (!address) {
      error(row.row, Column::address,
            fmt::format("\"{}\" is not a mail address.", printable(text, 100)),
            "Write it like name@example.jp.");
      return {};
    }
    check_domain(row, *address);
    check_duplicate(row, *address);
    return *address;
  }

  void check_domain(const CsvRow& row, const std::string& address) {
    const auto domain = address.substr(address.rfind('@') + 1);
    if (domains_.empty() || std::ranges::find(domains_, domain) != domains_.end()) return;
    error(row.row, Column::address, fmt::format("{} is not a domain of this migration.", domain),
          "Correct the address, or add the domain to the migration's file.");
  }

  void check_duplicate(const CsvRow& row, const std::string& address) {
    const auto [earlier, is_new] = seen_.emplace(lower(address), row.row);
    if (!is_new)
      error(row.row, Column::address,
            fmt::format("{} stands already in row {}.", printable(address, 100), earlier->second),
            "Delete one of the two rows.");
  }

  void keep_preview(const CsvRow& row) {
    if (out_.preview.size() >= limits_.preview) return;
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto text =
          i < row.fields.size() ? std::string_view(row.fields[i]) : std::string_view{};
      // A column we do not know may hold anything, a password too.
      const bool shown = columns_[i] && !is_password(*columns_[i]) && !row.broken;
      cells.push_back(shown || text.empty() ? printable(trim(text), 100) : "••••");
    }
    out_.preview.push_back(std::move(cells));
  }

  AccountsCsv& out_;
  const std::string& file_;
  std::span<const std::string> domains_;
  const CsvLimits& limits_;
  std::vector<std::optional<Column>> columns_;                     // by place
  std::array<std::optional<std::size_t>, column_count> places_{};  // by column
  std::map<std::string, unsigned> seen_;
  unsigned errors_ = 0;  // of the row
};

}  // namespace

AccountsCsv parse_accounts(std::string_view bytes, const std::string& file,
                           std::span<const std::string> domains, const CsvLimits& limits) {
  AccountsCsv out;
  if (bytes.size() > limits.bytes) {
    out.problems.push_back({.file = file,
                            .what = fmt::format("The file is larger than {} bytes.", limits.bytes),
                            .cure = "Is it the right file? If so, import it in parts."});
    return out;
  }
  auto text = decode_table(bytes);
  if (!text || text->utf8.find('\0') != std::string::npos) {
    out.problems.push_back({.file = file,
                            .what = "The file is not a table in text form.",
                            .cure = "In Excel, save it as \"CSV UTF-8\" (not as .xlsx)."});
    return out;
  }
  out.encoding = text->encoding;
  Import(out, file, domains, limits).run(text->utf8);
  wipe(text->utf8);
  return out;
}

}  // namespace tandem::config
