// A command of the command line: a row in main.cpp's table. It gets its arguments already split
// into options and words, writes results to standard output and problems to standard error.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_code.hpp"
#include "lib/base/result.hpp"

namespace tandem::app {

// `--name value`, `--name=value` and `--switch` in `options`; everything else in `words`.
struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::string, std::less<>> options;  // a switch has the value ""

  [[nodiscard]] bool has(std::string_view name) const { return options.contains(name); }
  [[nodiscard]] std::string get(std::string_view name, std::string fallback = "") const;
};

struct Command {
  std::string_view name;
  std::string_view arguments;  // for the usage line
  std::string_view help;       // one line
  std::string_view options;    // allowed options, separated by spaces; "name=" takes a value
  ExitCode (*run)(const Arguments&);
};

// Splits what follows the command's name. Error invalid: an option the command does not have.
[[nodiscard]] Result<Arguments> parse_arguments(const Command& command,
                                                const std::vector<std::string>& given);

// Prints the error with its next step to standard error and returns `failed`.
ExitCode report(const Error& error);

ExitCode run_accounts(const Arguments& arguments);
ExitCode run_check(const Arguments& arguments);
ExitCode run_clients(const Arguments& arguments);
ExitCode run_canary(const Arguments& arguments);
ExitCode run_verify(const Arguments& arguments);
ExitCode run_config(const Arguments& arguments);
ExitCode run_cutover(const Arguments& arguments);
ExitCode run_skipped(const Arguments& arguments);
ExitCode run_deletions(const Arguments& arguments);
ExitCode run_deliveries(const Arguments& arguments);
ExitCode run_demo(const Arguments& arguments);
ExitCode run_dns(const Arguments& arguments);
ExitCode run_explain(const Arguments& arguments);
ExitCode run_export(const Arguments& arguments);
ExitCode run_import(const Arguments& arguments);
ExitCode run_load(const Arguments& arguments);
ExitCode run_mailbox(const Arguments& arguments);
ExitCode run_pause(const Arguments& arguments);
ExitCode run_queue(const Arguments& arguments);
ExitCode run_report(const Arguments& arguments);
ExitCode run_resume(const Arguments& arguments);
ExitCode run_rollback(const Arguments& arguments);
ExitCode run_serve(const Arguments& arguments);
ExitCode run_status(const Arguments& arguments);
ExitCode run_sync(const Arguments& arguments);
ExitCode run_user(const Arguments& arguments);

}  // namespace tandem::app
