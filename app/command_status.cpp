// tandemail status: what the page's overview says, in words; with addresses, these in depth. With
// --watch again and again: on a terminal in place, elsewhere a line when something has changed.
#include <chrono>
#include <fmt/core.h>
#include <thread>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/account_status.hpp"
#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"
#include "app/progress_text.hpp"
#include "lib/base/text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr auto between_looks = std::chrono::seconds(2);

// One look, in the three ways it may be shown. `lines`: how far it is, one for each migration or
// account that was asked for.
struct Shown {
  std::string page;
  std::string lines;
  std::string json;
};

// "in_sync_with_notes" as people say it.
std::string words(std::string_view code) {
  std::string said(code);
  for (char& c : said)
    if (c == '_') c = ' ';
  return said;
}

std::string counts_text(const json::object& counts) {
  std::string line;
  for (const auto& [state, count] : counts)
    if (count.to_number<std::uint64_t>() > 0)
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", text(count), words(state));
  return line.empty() ? "no accounts yet" : line;
}

// How far it is, when it will be done, by whose daily limit, and what it waits for.
std::string progress_text(const json::object& move, std::string_view between) {
  const json::value& sides = move.at("sides");
  const json::value& eta = move.at("eta");
  std::string out = copied_text(move.at("copied")) + eta_words(eta);
  if (!eta.at("limit").is_null())
    out += fmt::format(", daily limit of {}", text(sides.at(text(eta.at("limit"))).at("label")));
  const std::string waits = bottleneck_text(move.at("bottleneck"), sides);
  return waits.empty() ? out : fmt::format("{}{}{}", out, between, waits);
}

std::string migration_text(const json::object& move) {
  const json::value& sides = move.at("sides");
  return fmt::format("{}: {} -> {}\n  {}\n  {}\n  owed: {}, copies missing: {}\n",
                     text(move.at("name")), text(sides.at("old").at("label")),
                     text(sides.at("new").at("label")), counts_text(move.at("counts").as_object()),
                     progress_text(move, "\n  "), text(move.at("owed").at("count")),
                     text(move.at("debts").at("count")));
}

std::string problem_text(const json::value& account) {
  const json::value& problem = account.at("problem");
  if (problem.is_null()) return "";
  std::string out = fmt::format("\n{} ({}): {}\n", text(account.at("address")),
                                words(text(account.at("state"))), text(problem.at("what")));
  if (!problem.at("server_words").is_null())
    out += fmt::format("  the server said: {}\n", text(problem.at("server_words")));
  if (!text(problem.at("next_step")).empty())
    out += fmt::format("  next: {}\n", in_our_language(text(problem.at("next_step"))));
  if (const std::string done = eta_words(account.at("eta")); !done.empty())
    out += fmt::format("  {}{}\n", copied_text(account.at("copied")), done);
  return out;
}

Result<Shown> look_at_all(const ApiClient& api) {
  const auto overview = api.get("/api/overview");
  if (!overview) return fail(overview.error());
  const auto listed = api.get("/api/accounts");
  if (!listed) return fail(listed.error());
  json::object all = json::parse(*overview).as_object();
  const json::array accounts = json::parse(*listed).at("accounts").as_array();
  Shown shown;
  for (const json::value& move : all.at("migrations").as_array()) {
    shown.page += migration_text(move.as_object());
    shown.lines += fmt::format("{}: {}; {}\n", text(move.at("name")),
                               counts_text(move.at("counts").as_object()),
                               progress_text(move.as_object(), "; "));
  }
  for (const json::value& account : accounts) shown.page += problem_text(account);
  all["accounts"] = accounts;
  shown.json = json::serialize(all) + "\n";
  return shown;
}

Result<Shown> look_at_some(const ApiClient& api, const std::vector<std::string>& addresses) {
  Shown shown;
  for (const std::string& address : addresses) {
    const auto seen = look_at_account(api, address);
    if (!seen) return fail(seen.error());
    shown.page += account_text(*seen);
    shown.lines += account_line(*seen) + "\n";
    shown.json += seen->body + "\n";
  }
  return shown;
}

// Shows one look after the other, as it fits what is written to.
class Screen {
 public:
  enum class Kind : std::uint8_t { once, terminal, lines, json };
  explicit Screen(Kind kind) : kind_(kind) {}

  void show(const Shown& seen) {
    switch (kind_) {
      case Kind::once: fmt::print("{}", seen.page); break;
      // Home, the page with what is left of each line erased, and what is left of the screen.
      case Kind::terminal: fmt::print("\033[H{}\033[J", without_rests(seen.page)); break;
      case Kind::lines: print_changed(seen.lines); break;
      case Kind::json: fmt::print("{}", seen.json); break;
    }
    std::fflush(stdout);
  }

 private:
  static std::string without_rests(const std::string& page) {
    std::string out;
    for (const char c : page) {
      if (c == '\n') out += "\033[K";
      out += c;
    }
    return out;
  }
  // Those that say something else than at the last look.
  void print_changed(const std::string& lines) {
    std::vector<std::string> now;
    for (const std::string_view line : split(lines, '\n')) now.emplace_back(line);
    last_.resize(now.size());
    for (std::size_t at = 0; at < now.size(); ++at)
      if (now[at] != last_[at]) fmt::print("{}\n", now[at]);
    last_ = std::move(now);
  }

  Kind kind_;
  std::vector<std::string> last_;
};

Screen::Kind kind_for(const Arguments& arguments) {
  if (arguments.has("json")) return Screen::Kind::json;
  if (!arguments.has("watch")) return Screen::Kind::once;
  return ::isatty(STDOUT_FILENO) == 1 ? Screen::Kind::terminal : Screen::Kind::lines;
}

}  // namespace

ExitCode run_status(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const Screen::Kind kind = kind_for(arguments);
  if (kind == Screen::Kind::terminal) fmt::print("\033[2J");
  Screen screen(kind);
  const bool again = arguments.has("watch");
  do {
    const auto seen =
        arguments.words.empty() ? look_at_all(*api) : look_at_some(*api, arguments.words);
    if (!seen) return report(seen.error());
    screen.show(*seen);
    if (again) std::this_thread::sleep_for(between_looks);
  } while (again);
  return ExitCode::done;
}

}  // namespace tandem::app
