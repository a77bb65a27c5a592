// tandemail clients: what people read their mail with through us, and what is to be done about it.
// `setup` and `autoconfig`: what their programs are told to set themselves up, with a QR code for a
// phone; the file for a web server that has the domain's own name.
#include <algorithm>
#include <fmt/core.h>
#include <unistd.h>
#include <utility>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr std::size_t margin = 4;  // light modules around the code, which readers want

bool is_dark(const json::array& rows, std::size_t y, std::size_t x) {
  if (y < margin || x < margin) return false;
  if (y >= rows.size() + margin || x >= rows.size() + margin) return false;
  return rows[y - margin].as_string()[x - margin] == '1';
}

// Two rows to a line of half blocks, drawn for a dark terminal; on a terminal the colours are said.
void print_qr(const json::array& rows) {
  constexpr std::string_view blocks[] = {"█", "▀", "▄", " "};  // light above and below, …
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  const std::size_t size = rows.size() + 2 * margin;
  for (std::size_t y = 0; y < size; y += 2) {
    std::string line;
    for (std::size_t x = 0; x < size; ++x) {
      const std::size_t above = is_dark(rows, y, x) ? 2 : 0;
      const std::size_t below = is_dark(rows, y + 1, x) ? 1 : 0;
      line += blocks[above + below];
    }
    fmt::print("{}{}{}\n", terminal ? "\033[97;40m" : "", line, terminal ? "\033[0m" : "");
  }
}

void print_setup(const json::value& told) {
  for (const auto& service : told.at("services").as_array())
    fmt::print("{:<11} {} port {}, {}\n", text(service.at("protocol")), text(service.at("host")),
               text(service.at("port")), service.at("security") == "tls" ? "SSL/TLS" : "STARTTLS");
  fmt::print("user name   the whole mail address\n");
  if (told.at("link").is_null()) return;
  const std::string url = text(told.at("url"));
  fmt::print(
      "\nThunderbird, K-9 …  {0}/mail/config-v1.1.xml\n"
      "Outlook             {0}/autodiscover/autodiscover.xml\n"
      "iPhone, Mac         {0}/mail/profile.mobileconfig?address=ADDRESS\n"
      "people              {0}/mail/setup\n"
      "\nThe DNS records that lead there: tandemail dns\n\n{1}\n\n",
      url, text(told.at("link")));
  print_qr(told.at("qr").as_array());
}

ExitCode show_setup(const ApiClient& api, const std::string& address, bool as_json) {
  const std::string query = address.empty() ? "" : "?address=" + net::percent_encode(address);
  const auto answer = api.get("/api/discovery" + query);
  if (!answer) return report(answer.error());
  if (as_json) {
    fmt::print("{}\n", *answer);
    return ExitCode::done;
  }
  const json::value told = json::parse(*answer);
  if (told.at("services").as_array().empty())
    return report({.kind = ErrorKind::not_found,
                   .what = "nothing is offered that mail programs could be told",
                   .next_step = "Set hostname, [tls] and imaps, submissions … in [listen]."});
  print_setup(told);
  if (!told.at("link").is_null()) return ExitCode::done;
  fmt::print("\nMail programs cannot ask for this yet: set https = 0.0.0.0:443 in [listen].\n");
  return ExitCode::done_with_notes;
}

ExitCode show_autoconfig(const ApiClient& api, const std::string& domain) {
  const auto answer =
      api.get("/mail/config-v1.1.xml?emailaddress=" + net::percent_encode("someone@" + domain));
  if (!answer)
    return report({.kind = answer.error().kind,
                   .what = "there is no configuration for " + domain,
                   .next_step = "Is it a domain of a migration, and is anything offered? "
                                "'tandemail clients setup' says."});
  fmt::print("{}", *answer);
  return ExitCode::done;
}

constexpr std::pair<std::string_view, std::string_view> next_steps[] = {
    {"password_unknown",
     "cannot log in: its way hides the password, and none is stored. Import the password, or "
     "choose "
     "'normal password' in the program"},
    {"no_tls", "password or mail is in the clear: choose SSL/TLS in the program"},
    {"old_tls", "its TLS is older than 1.2: update the program, or use another"},
    {"old_mechanism", "choose 'normal password' with SSL/TLS before the old contract ends"},
    {"other_name", "that name must go on leading here, and to the new side at the end"},
};

void print_client(const json::value& one) {
  const auto shown = [&one](std::string_view name) {
    return one.at(name).is_null() ? std::string("-") : text(one.at(name));
  };
  fmt::print("{} {}  {}  {}  {}  {}  last {} from {}\n", shown("address"), shown("protocol"),
             shown("program"), shown("mechanism"),
             one.at("tls").is_null() ? "no TLS" : shown("tls"), shown("host"), shown("last_seen"),
             shown("from"));
  for (const auto& [advice, next] : next_steps)
    if (text(one.at("advice")) == advice) fmt::print("    {}\n", next);
}

// Exit code 3 where a program or a person needs something.
ExitCode show_census(const ApiClient& api, const std::string& search, bool as_json) {
  const auto answer = api.get("/api/clients?limit=500&q=" + net::percent_encode(search));
  if (!answer) return report(answer.error());
  const json::value told = json::parse(*answer);
  const auto& clients = told.at("clients").as_array();
  const auto& not_seen = told.at("not_seen").as_array();
  const auto is_fine = [](const json::value& one) { return one.at("advice") == "none"; };
  const bool fine = not_seen.empty() && std::ranges::all_of(clients, is_fine);
  const ExitCode code = fine ? ExitCode::done : ExitCode::done_with_notes;
  if (as_json) {
    fmt::print("{}\n", *answer);
    return code;
  }
  for (const auto& one : clients) print_client(one);
  for (const auto& address : not_seen)
    fmt::print("{}  has not come through Tandemail in the last 90 days\n", text(address));
  fmt::print("{} of {} accounts have come through Tandemail\n", text(told.at("seen")),
             text(told.at("accounts")));
  return code;
}

}  // namespace

ExitCode run_clients(const Arguments& arguments) {
  const auto& words = arguments.words;
  const bool setup = !words.empty() && words.size() <= 2 && words[0] == "setup";
  const bool autoconfig = words.size() == 2 && words[0] == "autoconfig";
  if (!setup && !autoconfig && words.size() > 1) {
    fmt::print(stderr, "usage: tandemail clients [TEXT] | setup [ADDRESS] | autoconfig DOMAIN\n");
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (autoconfig) return show_autoconfig(*api, words[1]);
  if (setup) return show_setup(*api, words.size() == 2 ? words[1] : "", arguments.has("json"));
  return show_census(*api, words.empty() ? "" : words[0], arguments.has("json"));
}

}  // namespace tandem::app
