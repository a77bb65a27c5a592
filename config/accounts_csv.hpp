// The list of accounts, as Excel writes it: UTF-8 (with or without byte order mark), UTF-16 with
// one, or CP932; comma, semicolon or tab; RFC 4180 quotes, also around line ends; CRLF, LF or CR;
// header names in English or Japanese, in any order. All problems are found in one pass, with row,
// column and cure. Passwords never appear in a problem or in the preview.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"
#include "lib/base/secret.hpp"

namespace tandem::config {

struct AccountRow {
  std::string address;    // domain in lower-case ASCII
  std::string old_login;  // empty: follows the side's pattern
  Secret old_password;    // empty: none given
  std::string new_login;
  Secret new_password;
  std::string note;
  unsigned row = 0;  // the row's number as a spreadsheet shows it: the header is 1
};

struct AccountsCsv {
  std::vector<AccountRow> rows;  // without the ones that have errors
  Problems problems;             // `line` is the row's number
  std::string encoding;          // "UTF-8", "CP932", "UTF-16LE", "UTF-16BE"
  char separator = ',';
  std::vector<std::string> header;                // as written
  std::vector<std::vector<std::string>> preview;  // the first rows to show back, passwords masked
  [[nodiscard]] bool ok() const { return !has_error(problems); }
};

struct CsvLimits {
  std::size_t bytes = std::size_t{16} << 20;
  std::size_t rows = 100'000;
  std::size_t field = 4096;  // bytes
  std::size_t preview = 5;   // rows
};

// `file` is for messages. With `domains` not empty, other domains' addresses are errors.
[[nodiscard]] AccountsCsv parse_accounts(std::string_view bytes, const std::string& file,
                                         std::span<const std::string> domains = {},
                                         const CsvLimits& limits = {});

}  // namespace tandem::config
