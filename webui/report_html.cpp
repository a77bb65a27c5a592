// The report as one page that can be printed, or sent by mail.
#include "webui/json.hpp"
#include "webui/markup.hpp"
#include "webui/report.hpp"
#include "webui/report_rows.hpp"

namespace tandem::webui {
namespace {

constexpr std::string_view style = R"css(
body { font: 15px/1.5 system-ui, "Hiragino Sans", "Noto Sans JP", sans-serif; margin: 2em; color: #1c2530; }
h1 { font-size: 1.5em; margin: 0 } h2 { font-size: 1.15em; margin: 2em 0 .5em }
table { border-collapse: collapse } th, td { padding: .3em .7em; text-align: left; vertical-align: top; border-bottom: 1px solid #d7dde4 }
th { border-bottom: 2px solid #8b98a6; font-weight: 600 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
tfoot td { border-top: 2px solid #8b98a6; border-bottom: 0; font-weight: 600 } .muted { color: #5d6b79 }
@media print { body { margin: 0; font-size: 11px } }
)css";

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

void add_row(std::string& html, const Row& row) {
  html += "<tr>";
  for (const std::string& cell : row)
    html +=
        std::string(is_number(cell) ? "<td class=\"n\">" : "<td>") + xml_escaped(cell) + "</td>";
  html += "</tr>\n";
}

void add_table(std::string& html, const Row& head, const std::vector<Row>& rows,
               const Row* totals) {
  html += "<table>\n<thead><tr>";
  for (const std::string& cell : head) html += "<th scope=\"col\">" + xml_escaped(cell) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) add_row(html, row);
  html += "</tbody>\n";
  if (totals != nullptr) {
    html += "<tfoot>";
    add_row(html, *totals);
    html += "</tfoot>\n";
  }
  html += "</table>\n";
}

}  // namespace

std::string report_html(const Report& report, Language language) {
  const Words& words = Words::in(language);
  const std::string title = xml_escaped(words.say("report.title"));
  std::string html = "<!DOCTYPE html>\n<html lang=\"";
  html += language == Language::japanese ? "ja" : "en";
  html += "\">\n<head><meta charset=\"utf-8\"><title>" + title + "</title>\n<style>";
  html += style;
  html += "</style></head>\n<body>\n<h1>" + title + "</h1>\n<p class=\"muted\">" +
          xml_escaped(words.say("report.at")) + " " + time_text(report.at) + "</p>\n<h2>" +
          xml_escaped(words.say("report.accounts")) + "</h2>\n";
  const Row totals = account_totals(report, words);
  add_table(html, account_head(words), account_rows(report, words), &totals);
  html += "<h2>" + xml_escaped(words.say("report.messages")) + "</h2>\n";
  const auto messages = message_rows(report, words);
  if (messages.empty())
    html += "<p>" + xml_escaped(words.say("report.none")) + "</p>\n";
  else
    add_table(html, message_head(words), messages, nullptr);
  return html + "</body>\n</html>\n";
}

}  // namespace tandem::webui
