// tandemail skipped: the messages that could not be copied, each with its id; `save` writes one to
// a file as its server has it, `retry` has them tried again.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/account_status.hpp"
#include "app/api_client.hpp"
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

// The whole list of one account, which the API gives in parts.
Result<json::array> whole_list(const ApiClient& api, const std::string& address) {
  json::array all;
  while (true) {
    std::string path = "/api/skipped/" + net::percent_encode(address) + "?limit=500";
    if (!all.empty()) path += "&after=" + net::percent_encode(text(all.back().at("id")));
    const auto answer = api.get(path);
    if (!answer) return fail(answer.error());
    const json::value part = json::parse(*answer);
    const json::array& more = part.at("skipped").as_array();
    all.insert(all.end(), more.begin(), more.end());
    if (more.empty() || all.size() >= part.at("count").to_number<std::size_t>()) return all;
  }
}

ExitCode list(const ApiClient& api, const Arguments& arguments) {
  const auto addresses = accounts_meant(arguments, api);
  if (!addresses) return report(addresses.error());
  json::array all;
  bool any = false;
  for (const std::string& address : *addresses) {
    auto messages = whole_list(api, address);
    if (!messages) return report(messages.error());
    any = any || !messages->empty();
    if (arguments.has("json")) {
      all.push_back(json::object{{"address", address}, {"skipped", std::move(*messages)}});
      continue;
    }
    if (messages->empty() && arguments.words.empty()) continue;
    fmt::print("{}: {} not copied\n", address, messages->size());
    for (const json::value& one : *messages) fmt::print("{}", skipped_text(one));
  }
  if (arguments.has("json")) fmt::print("{}\n", json::serialize(all));
  return any ? ExitCode::done_with_notes : ExitCode::done;
}

ExitCode retry(const ApiClient& api, const Arguments& arguments) {
  json::object body{{"account", arguments.words[1]}};
  if (arguments.words.size() > 2)
    body["ids"] = json::array(arguments.words.begin() + 2, arguments.words.end());
  const auto answer = api.post("/api/skipped/retry", json::serialize(body));
  if (!answer) return report(answer.error());
  if (arguments.has("json"))
    fmt::print("{}\n", *answer);
  else
    fmt::print("{} messages are tried again with the next pass\n",
               text(json::parse(*answer).at("count")));
  return ExitCode::done;
}

std::unexpected<Error> no_file(const std::string& path) {
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                    .next_step = "Name another file with --to FILE."});
}

// For its owner's eyes, and never over a file that is there.
Result<void> write_new(const std::string& path, std::string_view bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return no_file(path);
  bool good = true;
  while (good && !bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    good = written >= 0 || errno == EINTR;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!good) {
    auto failed = no_file(path);
    (void)::close(file);
    (void)::unlink(path.c_str());
    return failed;
  }
  if (::close(file) != 0) return no_file(path);
  return {};
}

ExitCode save(const ApiClient& api, const Arguments& arguments) {
  const std::string& id = arguments.words[2];
  const auto message =
      api.get_large("/api/skipped/message/" + net::percent_encode(arguments.words[1]) +
                    "?id=" + net::percent_encode(id));
  if (!message) return report(message.error());
  const std::string path = arguments.get("to", fmt::format("message-{}.eml", id));
  if (const auto written = write_new(path, *message); !written) return report(written.error());
  if (arguments.has("json"))
    fmt::print("{}\n", json::serialize(json::object{{"file", path}, {"bytes", message->size()}}));
  else
    fmt::print("{}: {} bytes\n", path, message->size());
  return ExitCode::done;
}

ExitCode usage() {
  fmt::print(stderr,
             "tandemail: skipped [ACCOUNT…]\n"
             "           skipped save ACCOUNT ID [--to FILE]\n"
             "           skipped retry ACCOUNT [ID…]\n");
  return ExitCode::usage;
}

}  // namespace

ExitCode run_skipped(const Arguments& arguments) {
  const auto& words = arguments.words;
  const std::string verb = words.empty() ? "" : words.front();
  const bool wrong_save = verb == "save" && words.size() != 3;
  const bool stray_file = verb != "save" && arguments.has("to");
  if (wrong_save || stray_file || (verb == "retry" && words.size() < 2)) return usage();
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (verb == "retry") return retry(*api, arguments);
  if (verb == "save") return save(*api, arguments);
  return list(*api, arguments);
}

}  // namespace tandem::app
