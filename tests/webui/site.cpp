#include "tests/webui/site.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fstream>

#include "lib/base/text.hpp"

namespace tandem::test {

using migration::AccountId;
using migration::CopyState;

Task<Result<migration::DeltaReport>> FakeRooms::run_delta(AccountId, migration::Side) {
  (void)co_await net::sleep_for(std::chrono::milliseconds(50));
  if (delta_fails) co_return fail(ErrorKind::unreachable, "the old side does not answer");
  co_return migration::DeltaReport{.source_messages = 5, .matched = 5};
}

migration::CopyProgress FakeRooms::progress(AccountId account) const {
  const auto found = copies.find(account);
  return found == copies.end() ? migration::CopyProgress{.account = account} : found->second;
}

std::vector<migration::FolderProgress> FakeRooms::folders(AccountId) const {
  return {{"INBOX", 10, 9}, {"ゴミ箱", 2, 2, "Trash"}};
}

std::vector<migration::SkippedMessage> FakeRooms::skipped(AccountId account) const {
  const auto found = skipped_messages.find(account);
  return found == skipped_messages.end() ? std::vector<migration::SkippedMessage>{} : found->second;
}

Task<Result<std::uint64_t>> FakeRooms::try_again(AccountId account, std::vector<std::string> ids) {
  std::string asked;
  std::uint64_t count = 0;
  for (const auto& one : skipped(account)) {
    if (!ids.empty() && std::ranges::find(ids, one.id) == ids.end()) continue;
    asked += (asked.empty() ? "" : " ") + one.id;
    ++count;
  }
  if (count == 0) co_return fail(ErrorKind::not_found, "No such message is listed.");
  asked_to_retry.push_back(std::move(asked));
  co_return count;
}

std::vector<migration::Delivery> FakeRooms::recent(std::size_t limit,
                                                   const std::string& search) const {
  std::vector<migration::Delivery> list;
  for (const auto& one : deliveries)
    if (list.size() < limit && (one.sender + one.recipient + one.trace_id).contains(search))
      list.push_back(one);
  return list;
}

std::vector<migration::QueueItem> FakeRooms::queue(std::size_t limit) const {
  return {waiting.begin(),
          waiting.begin() + static_cast<std::ptrdiff_t>(std::min(limit, waiting.size()))};
}

Task<Result<std::uint64_t>> FakeRooms::retry(std::string trace_id, std::string recipient) {
  asked_of_queue.push_back("retry " + trace_id + " " + recipient);
  if (waiting.empty()) co_return fail(ErrorKind::not_found, "nothing waits there");
  co_return waiting.size();
}

Task<Result<std::uint64_t>> FakeRooms::drop(std::string trace_id, std::string recipient,
                                            std::string reason) {
  asked_of_queue.push_back("drop " + trace_id + " " + recipient + " " + reason);
  if (waiting.empty()) co_return fail(ErrorKind::not_found, "nothing waits there");
  co_return waiting.size();
}

std::string Answer::kind() const {
  return std::string(json().at("error").at("kind").as_string());
}

Site::Site() {
  open();
}

Site::~Site() = default;

void Site::open(webui::WebOptions options) {
  web.reset();
  cutover.reset();
  access.reset();
  registry.reset();
  store.reset();
  const std::string data = directory.path + "/data";
  auto opened = store::Store::open(data, {migration::Registry::schema(), webui::Web::schema()});
  REQUIRE(opened);
  store = std::move(*opened);
  auto made = migration::Registry::open(*store, {settings}, secrets, net.clock());
  REQUIRE(made);
  registry = std::move(*made);
  access = std::make_unique<migration::SideAccess>(*registry, connector);
  cutover = std::make_unique<migration::Cutover>(
      *registry, migration::CutoverParts{rooms, rooms, rooms, rooms}, events);
  options.token_file = directory.path + "/api.token";
  options.setup_file = directory.path + "/setup.link";
  options.version = "9.9.9";
  auto web_opened =
      webui::Web::open({*registry, *cutover, rooms, rooms, rooms, rooms, rooms, rooms, rooms, rooms,
                        *access, events, *store, net.clock(), offload, background},
                       std::move(options));
  REQUIRE(web_opened);
  web = std::move(*web_opened);
}

namespace {

Task<void> import_into(migration::Registry& registry, std::vector<config::AccountRow> rows) {
  REQUIRE(co_await registry.import_accounts("example", std::move(rows), "test"));
}

Task<void> begin_copying(migration::Registry& registry, migration::Account account) {
  REQUIRE(co_await registry.take_step(account.id, migration::Step::start, account.epoch, "test"));
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

void Site::import(const std::vector<std::string>& addresses) {
  std::vector<config::AccountRow> rows;
  for (const auto& address : addresses) rows.push_back(migration::row(address));
  net.run(import_into(*registry, std::move(rows)));
}

migration::Account Site::account(const std::string& address) const {
  const auto routes = registry->routes();
  const auto* found = routes->account(address);
  REQUIRE(found != nullptr);
  return *found;
}

void Site::make_ready(const std::string& address) {
  const auto before = account(address);
  net.run(begin_copying(*registry, before));
  rooms.copies[before.id] = {.account = before.id,
                             .state = CopyState::in_sync,
                             .messages_total = 10,
                             .messages_done = 10,
                             .bytes_total = 1000,
                             .bytes_done = 1000,
                             .in_sync_at = net.clock().wall()};
}

std::string Site::token() {
  return first_line(directory.path + "/api.token");
}

std::string Site::setup_token() {
  const auto link = web->setup_link();
  REQUIRE(link);
  return link->substr(link->find("token=") + 6);
}

namespace {

Task<void> run_and_end(Site& site, Task<void> (*body)(Site&)) {
  std::exception_ptr failed;
  try {
    co_await body(site);
  } catch (...) {
    failed = std::current_exception();
  }
  site.net.group.request_stop();
  co_await site.net.timers.pass(std::chrono::seconds(1));
  site.net.group.cancel();
  co_await site.net.group.join();
  site.background.cancel();
  co_await site.background.join();
  if (failed) std::rethrow_exception(failed);
}

}  // namespace

void Site::run(Task<void> (*body)(Site&)) {
  net.run(run_and_end(*this, body));
}

Task<void> Site::end_runs() {
  // The ledger's thread takes real time between the steps.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (background.running() > 0 && std::chrono::steady_clock::now() < limit)
    co_await net.timers.pass(std::chrono::milliseconds(50));
  CHECK(background.running() == 0);
}

net::StreamPtr Site::connect(const std::string& peer) {
  auto [client, server] = net::make_memory_pair(net.executor());
  server->set_peer(peer, 40000);
  net.group.spawn(web->serve(std::move(server), net.group));
  return std::move(client);
}

net::StreamPtr Site::connect_discovery(const std::string& peer) {
  auto [client, server] = net::make_memory_pair(net.executor());
  server->set_peer(peer, 40000);
  net.group.spawn(web->serve_discovery(std::move(server), net.group));
  return std::move(client);
}

Task<std::string> exchange(Site& site, std::string bytes, std::string peer) {
  auto stream = site.connect(peer);
  co_return co_await exchange_on(std::move(stream), std::move(bytes));
}

Task<std::string> exchange_on(net::StreamPtr stream, std::string bytes) {
  (void)co_await stream->write(bytes);
  std::string all;
  char room[4096];
  for (;;) {
    const auto count = co_await stream->read_some(room);
    if (!count || *count == 0) co_return all;
    all.append(room, *count);
  }
}

Answer parse_answer(const std::string& bytes) {
  Answer answer;
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == bytes.npos) return answer;
  const auto lines = split(std::string_view(bytes).substr(0, head_end), '\n');
  answer.status = static_cast<int>(parse_number(lines[0].substr(9, 3)).value_or(0));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(": ");
    answer.headers.add(std::string(lines[i].substr(0, colon)),
                       std::string(trim(lines[i].substr(colon + 2))));
  }
  answer.body = bytes.substr(head_end + 4);
  return answer;
}

namespace {

Task<Answer> ask(Browser& browser, std::string method, std::string path, std::string body) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", method, path);
  if (!browser.cookie.empty()) head += "Cookie: tandem_session=" + browser.cookie + "\r\n";
  if (!browser.bearer.empty()) head += "Authorization: Bearer " + browser.bearer + "\r\n";
  if (method == "POST") {
    if (!browser.csrf.empty()) head += "X-Tandem-CSRF: " + browser.csrf + "\r\n";
    head += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
  }
  head += "Accept-Encoding: gzip\r\n\r\n" + body;
  const std::string bytes = co_await exchange(browser.site, head, browser.peer);
  Answer answer = parse_answer(bytes);
  const std::string_view set = answer.headers.get("Set-Cookie");
  if (set.starts_with("tandem_session=")) {
    browser.cookie = std::string(set.substr(15, set.find(';') - 15));
    if (answer.status == 200) browser.csrf = std::string(answer.json().at("csrf").as_string());
  }
  co_return answer;
}

}  // namespace

Task<Answer> Browser::get(std::string path) {
  return ask(*this, "GET", std::move(path), "");
}

Task<Answer> Browser::post(std::string path, std::string body) {
  return ask(*this, "POST", std::move(path), std::move(body));
}

Task<void> Browser::enter(std::string user) {
  const bool is_first = site.web->setup_link().has_value();
  std::string body = fmt::format(R"({{"user":"{}","password":"long-enough-1"}})", user);
  if (is_first) body.insert(1, fmt::format(R"("token":"{}",)", site.setup_token()));
  const std::string path = is_first ? "/api/setup" : "/api/login";
  const Answer answer = co_await post(path, body);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
}

}  // namespace tandem::test
