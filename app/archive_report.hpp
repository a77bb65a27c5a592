// What export and load say of an account at the end.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

#include "archive/report.hpp"

namespace tandem::app {

// `done`: "written", "loaded". A line for each folder and one for each problem.
void print_archive_report(const std::string& address, const archive::Report& report,
                          std::string_view done);
[[nodiscard]] boost::json::object archive_report_json(const std::string& address,
                                                      const archive::Report& report);

}  // namespace tandem::app
