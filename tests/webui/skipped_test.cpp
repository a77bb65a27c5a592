// What was not copied: the list in parts, one of its messages as a file, another try.
#include <fmt/core.h>

#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::SkippedMessage;

SkippedMessage left_out(std::uint64_t uid) {
  SkippedMessage one;
  one.folder = "INBOX";
  one.uid = uid;
  one.subject = "drawings";
  one.size = 61'000'000;
  one.reason = "the message was refused";
  one.next_step = "Ask that side's administrator.";
  one.id = fmt::format("1-old-{}", uid);
  one.at = WallTime(std::chrono::seconds(1'700'000'000));
  one.server_words = "[TOOBIG] Message too large";
  one.is_tried_again = uid == 7;
  return one;
}

void fill(Site& site, std::uint64_t count) {
  site.import({"aoki@example.jp"});
  site.make_ready("aoki@example.jp");
  const auto id = site.account("aoki@example.jp").id;
  for (std::uint64_t uid = 7; uid < 7 + count; ++uid)
    site.rooms.skipped_messages[id].push_back(left_out(uid));
  site.rooms.copies[id].skipped = count;
}

Task<void> in_parts(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/accounts/aoki@example.jp");
  CHECK(faults(component("AccountDetail"), answer.json()) == "");
  CHECK(answer.json().at("skipped").as_array().size() == 200);
  CHECK(answer.json().at("account").at("notes") == 450);
  const json::value first = answer.json().at("skipped").at(0);
  CHECK(first.at("id") == "1-old-7");
  CHECK(first.at("uid") == 7);
  CHECK(first.at("side") == "old");
  CHECK(first.at("date") == "2023-11-14T22:13:20Z");
  CHECK(first.at("retrying") == true);
  CHECK(first.at("reason").at("server_words") == "[TOOBIG] Message too large");
  CHECK(first.at("reason").at("kind") == "oversize");
  std::size_t seen = 0;
  std::string after;
  while (seen < 450) {
    answer = co_await browser.get("/api/skipped/aoki@example.jp?limit=200" + after);
    REQUIRE(answer.status == 200);
    CHECK(faults(component("SkippedPart"), answer.json()) == "");
    CHECK(answer.json().at("count") == 450);
    const json::value told = answer.json();
    const json::array& part = told.at("skipped").as_array();
    REQUIRE_FALSE(part.empty());
    CHECK(part.front().at("uid") == 7 + seen);
    seen += part.size();
    after = "&after=" + std::string(part.back().at("id").as_string());
  }
  answer = co_await browser.get("/api/skipped/aoki@example.jp?after=1-old-456");
  CHECK(answer.json().at("skipped").as_array().empty());
  CHECK((co_await browser.get("/api/skipped/aoki@example.jp?after=1-old-1")).status == 404);
  CHECK((co_await browser.get("/api/skipped/aoki@example.jp?limit=0")).status == 400);
  CHECK((co_await browser.get("/api/skipped/nobody@example.jp")).status == 404);
  answer = co_await browser.get("/api/report?format=messages-csv");
  CHECK(answer.body.contains("aoki@example.jp,INBOX,7,2023-11-14T22:13:20Z,drawings,61000000,"));
  CHECK(answer.body.contains("[TOOBIG] Message too large"));
}

Task<void> tried_again(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const std::string path = "/api/skipped/retry";
  Answer answer = co_await browser.post(path, R"({"account":"aoki@example.jp","ids":["1-old-8"]})");
  REQUIRE(answer.status == 200);
  CHECK(answer.json().at("count") == 1);
  CHECK(site.rooms.asked_to_retry.back() == "1-old-8");
  answer = co_await browser.post(path, R"({"account":"aoki@example.jp"})");
  CHECK(answer.json().at("count") == 2);
  CHECK(site.rooms.asked_to_retry.back() == "1-old-7 1-old-8");
  for (const auto* strange : {R"({"account":"aoki@example.jp","ids":["1-old-99"]})",
                              R"({"account":"nobody@example.jp"})"})
    CHECK((co_await browser.post(path, strange)).status == 404);
  for (const auto* wrong : {R"({"account":"aoki@example.jp","ids":[]})",
                            R"({"account":"aoki@example.jp","ids":[7]})", R"({"id":"1-old-7"})"})
    CHECK((co_await browser.post(path, wrong)).status >= 400);
  CHECK(site.rooms.asked_to_retry.size() == 2);
  answer = co_await browser.get("/api/audit");
  CHECK(faults(component("Audit"), answer.json()) == "");
  CHECK(answer.json().at("entries").at(1).at("action") == "skipped_retry");
  CHECK(answer.json().at("entries").at(1).at("subject") == "aoki@example.jp");
}

// An IMAP server with one message, UID 7 of UIDVALIDITY 5, that ends after `body`.
struct OneMessage {
  std::uint64_t size = 0;
  std::string body;
  std::vector<std::string> heard;

  Task<void> serve(net::StreamPtr stream) {
    (void)co_await stream->write("* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n");
    std::string ahead;
    while (true) {
      const auto end = ahead.find("\r\n");
      if (end == std::string::npos) {
        char bytes[4096];
        const auto count = co_await stream->read_some(bytes);
        if (!count || *count == 0) co_return;
        ahead.append(bytes, *count);
        continue;
      }
      const std::string line = ahead.substr(0, end);
      ahead.erase(0, end + 2);
      const auto space = line.find(' ');
      heard.push_back(line.substr(space + 1));
      const std::string answer = answer_to(heard.back());
      const bool whole = body.size() == size;
      const std::string ended = line.substr(0, space) + " OK done\r\n";
      (void)co_await stream->write(answer);
      if (answer.contains("BODY[]") && !whole) break;
      (void)co_await stream->write(ended);
    }
    stream->close();
  }

 private:
  [[nodiscard]] std::string answer_to(const std::string& command) const {
    if (command.starts_with("EXAMINE"))
      return "* 1 EXISTS\r\n* OK [UIDVALIDITY 5] .\r\n* OK [UIDNEXT 8] .\r\n";
    if (command.starts_with("UID FETCH 7 "))
      return fmt::format("* 1 FETCH (UID 7 BODY[] {{{}}}\r\n{}", size, body) +
             (body.size() == size ? ")\r\n" : "");
    if (command == "LOGOUT") return "* BYE .\r\n";
    return "";
  }
};

struct Mailbox : Site {
  OneMessage mail;
  Mailbox() {
    fill(*this, 1);
    settings.old_side.imap = net::Endpoint();
    settings.old_side.imap->in_process = "old";
    settings.old_side.imap->tls = net::TlsMode::never;
    connector.register_in_process("old", [this](net::StreamPtr stream, net::Protocol) {
      net.group.spawn(mail.serve(std::move(stream)));
    });
    open();
    rooms.places["1-old-7"] = {
        .side = migration::Side::old_side, .folder = "INBOX", .validity = 5, .uid = 7, .size = 20};
  }
};

// The body as the chunks hold it.
std::string joined(std::string_view chunks) {
  std::string body;
  while (!chunks.empty()) {
    const auto end = chunks.find("\r\n");
    const std::size_t size = std::stoul(std::string(chunks.substr(0, end)), nullptr, 16);
    body += chunks.substr(end + 2, size);
    chunks.remove_prefix(std::min(chunks.size(), end + 2 + size + 2));
  }
  return body;
}

const std::string file_path = "/api/skipped/message/aoki@example.jp?id=1-old-7";

Task<void> as_a_file(Site& site) {
  auto& mail = static_cast<Mailbox&>(site).mail;
  mail.body = "Subject: drawings\r\n\r\n" + std::string(300'000, 'x') + "\r\n";
  mail.size = mail.body.size();
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get(file_path);
  REQUIRE(answer.status == 200);
  CHECK(joined(answer.body) == mail.body);
  CHECK(answer.body.ends_with("0\r\n\r\n"));
  CHECK(answer.headers.get("Content-Type") == "message/rfc822");
  CHECK(answer.headers.get("Content-Disposition") ==
        "attachment; filename=\"message-1-old-7.eml\"");
  CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
  REQUIRE(mail.heard.size() > 3);  // LOGIN, CAPABILITY
  CHECK(mail.heard[2] == "EXAMINE INBOX");
  CHECK(mail.heard[3] == "UID FETCH 7 (UID BODY.PEEK[])");
  answer = co_await browser.get("/api/audit");
  CHECK(faults(component("Audit"), answer.json()) == "");
  const json::value noted = answer.json().at("entries").at(0);
  CHECK(noted.at("action") == "skipped_save");
  CHECK(noted.at("detail") == "'INBOX' UID 7");
}

Task<void> not_as_a_file(Site& site) {
  auto& mail = static_cast<Mailbox&>(site).mail;
  Browser browser{site};
  co_await browser.enter();
  CHECK((co_await browser.get("/api/skipped/message/aoki@example.jp?id=1-old-8")).status == 404);
  CHECK((co_await browser.get("/api/skipped/message/aoki@example.jp")).status == 404);
  CHECK((co_await browser.get("/api/skipped/message/nobody@example.jp?id=1-old-7")).status == 404);
  Browser stranger{site};
  CHECK((co_await stranger.get(file_path)).status == 401);
  const Answer made = co_await browser.post(
      "/api/users", R"({"user":"viewer","password":"long-enough-1","role":"viewer"})");
  REQUIRE(made.status == 200);
  Browser viewer{site};
  co_await viewer.enter("viewer");
  CHECK((co_await viewer.get(file_path)).status == 403);
  CHECK(mail.heard.empty());
  auto& place = site.rooms.places["1-old-7"];
  place.size = std::uint64_t{2} << 30;
  Answer answer = co_await browser.get(file_path);
  CHECK(answer.status == 400);
  CHECK(mail.heard.empty());
  place.size = 20;
  place.uid = 9;  // it has gone
  CHECK((co_await browser.get(file_path)).status == 404);
  place.uid = 7;
  mail.size = 600'000;
  mail.body = "Subject: half\r\n\r\n" + std::string(300'000, 'x');
  answer = co_await browser.get(file_path);
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.body.contains("0\r\n\r\n"));  // no last chunk: nobody takes it for whole
}

}  // namespace

TEST_CASE("what was not copied is listed in parts, each with its UID, date and server's words") {
  Site site;
  fill(site, 450);
  site.run(in_parts);
}
TEST_CASE("messages that were not copied are tried again, those that are named or all") {
  Site site;
  fill(site, 2);
  site.run(tried_again);
}
TEST_CASE("a message that was not copied can be saved as a file, and that is written down") {
  Mailbox site;
  site.run(as_a_file);
}
TEST_CASE("only an operator reads a message, only one that is listed, and only whole") {
  Mailbox site;
  site.run(not_as_a_file);
}

}  // namespace tandem::test
