#include "webui/report.hpp"

#include "webui/report_rows.hpp"

namespace tandem::webui {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view line_end = "\r\n";

// Quoted where it must be. A text that a spreadsheet would take for a formula gets an apostrophe:
// subjects are strangers' words.
std::string csv_field(const std::string& text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
  const std::string value = formula ? "'" + text : text;
  if (value.find_first_of("\",\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char letter : value) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + "\"";
}

void add_line(std::string& csv, const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) csv += (i > 0 ? "," : "") + csv_field(row[i]);
  csv += line_end;
}

std::string csv_of(const Row& head, const std::vector<Row>& rows) {
  std::string csv(byte_order_mark);
  add_line(csv, head);
  for (const Row& row : rows) add_line(csv, row);
  return csv;
}

}  // namespace

std::string accounts_csv(const Report& report, Language language) {
  const Words& words = Words::in(language);
  return csv_of(account_head(words), account_rows(report, words));
}

std::string messages_csv(const Report& report, Language language) {
  const Words& words = Words::in(language);
  return csv_of(message_head(words), message_rows(report, words));
}

}  // namespace tandem::webui
