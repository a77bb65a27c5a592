// The two tables of a report as texts, the same for CSV and HTML. Internal.
#pragma once

#include <string>
#include <vector>

#include "webui/report.hpp"

namespace tandem::webui {

using Row = std::vector<std::string>;

[[nodiscard]] Row account_head(const Words& words);
[[nodiscard]] std::vector<Row> account_rows(const Report& report, const Words& words);
[[nodiscard]] Row message_head(const Words& words);
[[nodiscard]] std::vector<Row> message_rows(const Report& report, const Words& words);
// The sums below the columns of account_rows; empty where there is none.
[[nodiscard]] Row account_totals(const Report& report, const Words& words);

}  // namespace tandem::webui
