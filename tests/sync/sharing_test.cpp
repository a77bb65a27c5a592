// Folders that are shared with others (ACL, RFC 4314): the preview and the preflight tell it, and a
// pass does not ask. The built-in server knows no ACL; what stands before it here does.
#include "migration/folder_preview.hpp"
#include "migration/preflight.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using migration::Light;
using migration::PlannedFolder;
using Kind = migration::Remark::Kind;

// Answers MYRIGHTS and GETACL: the server behind it is given a NOOP with that tag. What is not in
// `answers` is refused.
class WithRights final : public tandem::test::ForwardingStream {
 public:
  using Answers = std::map<std::string, std::string>;
  WithRights(net::StreamPtr inner, const Answers& answers)
      : ForwardingStream(std::move(inner)), answers_(answers) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    const auto count = co_await inner_->read_some(into);
    if (!count) co_return count;
    std::string given;
    std::string_view left(into.data(), *count);
    while (!left.empty()) {
      const auto end = std::min(left.find('\n'), left.size() - 1) + 1;
      given += heard(left.substr(0, end));
      left.remove_prefix(end);
    }
    std::ranges::copy(given, into.begin());
    co_return given.size();
  }
  Task<Result<void>> write(std::string_view bytes) override {
    std::string text(bytes);
    for (auto one = owed_.begin(); one != owed_.end();) {
      const std::string done = one->first + " OK";
      const auto at = text.find(done);
      if (at != std::string::npos) {
        const std::string& said = one->second;
        if (said.empty()) text.replace(at, done.size(), one->first + " NO");
        text.insert(at, said);
        one = owed_.erase(one);
      } else {
        ++one;
      }
    }
    co_return co_await inner_->write(text);
  }

 private:
  std::string heard(std::string_view line) {
    for (const std::string_view word : {" MYRIGHTS ", " GETACL "}) {
      const auto at = line.find(word);
      if (at == std::string_view::npos) continue;
      const std::string tag(line.substr(0, at));
      const std::string asked(trim(line.substr(at)));
      const auto found = answers_.find(asked);
      owed_[tag] = found == answers_.end() ? "" : found->second;
      return tag + " NOOP\r\n";
    }
    return std::string(line);
  }

  const Answers& answers_;
  std::map<std::string, std::string> owed_;  // by tag; empty: a NO
};

class SharedSides final : public TwoSides {
 public:
  SharedSides() {
    at(old_side).replace = {{" IDLE NAMESPACE", " IDLE ACL NAMESPACE"}};
    at(new_side).replace = at(old_side).replace;
  }
  WithRights::Answers answers{
      {"MYRIGHTS Sales", "* MYRIGHTS Sales lrswipkxtea\r\n"},
      {"GETACL Sales",
       "* ACL Sales aoki@example.jp lrswipkxtea sato lr group:team lrwi -eve r\r\n"},
      {"MYRIGHTS INBOX", "* MYRIGHTS INBOX lrswipkxtea\r\n"},
      {"GETACL INBOX", "* ACL INBOX aoki@example.jp lrswipkxtea\r\n"},
      {"MYRIGHTS Closed", "* MYRIGHTS Closed lrs\r\n"},
      {"GETACL Closed", "* ACL Closed mallory lr\r\n"},
      {"MYRIGHTS tmp", "* MYRIGHTS tmp lra\r\n"},
      {"GETACL tmp", "* ACL tmp sato lr\r\n"}};

 private:
  Task<void> serve(net::StreamPtr stream) override {
    auto known = std::make_unique<WithRights>(std::move(stream), answers);
    return hall.server->serve(std::move(known), net::Protocol::imap, server::Trust::in_process,
                              hall.net.group);
  }
};

Task<void> make_folders(TwoSides& two) {
  const auto user = co_await two.client(old_side);
  for (const std::string name : {"Sales", "Closed", "tmp"}) REQUIRE(co_await user->create(name));
}

PlannedFolder find(const migration::FolderPreview& made, std::string_view name) {
  const auto found = std::ranges::find(made.folders, name, &PlannedFolder::name);
  REQUIRE(found != made.folders.end());
  return *found;
}

Task<void> told(SharedSides& two) {
  co_await make_folders(two);
  const auto made = co_await two.world->sync->preview_folders(two.world->account);
  if (!made) FAIL(made.error().to_string());
  const auto sales = find(*made, "Sales").sharing;
  REQUIRE(sales);
  REQUIRE(sales->grants.size() == 3);
  CHECK(sales->grants[0].name == "sato");
  CHECK(sales->grants[1].who == migration::Grantee::group);
  CHECK(sales->grants[2].denied);
  REQUIRE(find(*made, "INBOX").sharing);
  CHECK_FALSE(find(*made, "INBOX").sharing->is_shared());
  CHECK_FALSE(find(*made, "Closed").sharing);  // it may not be asked about
  CHECK_FALSE(find(*made, "Sent").sharing);    // refused
  CHECK_FALSE(find(*made, "tmp").sharing);     // left out

  const migration::Preflight preflight(*two.world->access);
  const migration::Account account = *two.world->registry->routes()->account(two.world->account);
  const auto found = co_await preflight.examine(account);
  CHECK(found.light() == Light::amber);
  const auto remark =
      std::ranges::find(found.remarks, Kind::shared_folder, &migration::Remark::kind);
  REQUIRE(remark != found.remarks.end());
  CHECK(remark->side == old_side);
  CHECK(remark->what.starts_with("2 folders are shared with other people, such as \"Sales\""));
  CHECK(remark->next_step == migration::share_again_step.en);
}

Task<void> not_asked_by_a_pass(SharedSides& two) {
  co_await make_folders(two);
  two.at(old_side).listen = two.at(new_side).listen = true;
  co_await two.pass();
  for (const Side side : {old_side, new_side}) {
    CHECK(two.heard(side, "NAMESPACE") > 0);
    CHECK(two.heard(side, "MYRIGHTS") == 0);
    CHECK(two.heard(side, "GETACL") == 0);
  }
  CHECK(co_await two.world->sync->preview_folders(two.world->account));
  CHECK(two.heard(old_side, "GETACL") > 0);
  CHECK(two.heard(new_side, "MYRIGHTS") == 0);  // at home alone
}

Task<void> refused(SharedSides& two) {
  co_await make_folders(two);
  two.answers.clear();
  const auto made = co_await two.world->sync->preview_folders(two.world->account);
  if (!made) FAIL(made.error().to_string());
  CHECK_FALSE(find(*made, "Sales").sharing);
  const migration::Preflight preflight(*two.world->access);
  const auto found =
      co_await preflight.examine(*two.world->registry->routes()->account(two.world->account));
  CHECK(found.light() == Light::green);
}

Task<void> lost(SharedSides& two) {
  co_await make_folders(two);
  two.at(old_side).poison = " MYRIGHTS ";
  const auto made = co_await two.world->sync->preview_folders(two.world->account);
  if (!made) FAIL(made.error().to_string());
  CHECK(two.at(old_side).poisoned == 1);
  CHECK(find(*made, "Sales").other_name == "Sales");
  CHECK_FALSE(find(*made, "Sales").sharing);
}

}  // namespace

TEST_CASE("Sharing is told before the move, of folders that are copied and may be asked about") {
  SharedSides two;
  two.world->settings.sync.exclude = {"tmp"};
  two.run(told(two));
}

TEST_CASE("Sharing is asked about by the preview, at home, and never by a pass") {
  SharedSides two;
  two.run(not_asked_by_a_pass(two));
}

TEST_CASE("Sharing that a server does not tell is no obstacle to a preview") {
  SharedSides two;
  two.run(refused(two));
}

TEST_CASE("Sharing: a server that leaves when it is asked spoils no preview") {
  SharedSides two;
  two.run(lost(two));
}

}  // namespace tandem::sync
