// Servers that do not give a message, do not take one now, or lose what they are told about it.
#include "lib/base/log.hpp"
#include "migration/preflight.hpp"
#include "sync/context.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {
namespace {

Task<void> three_letters(Town& town) {
  co_await town.move_in(1);
  for (const int number : {1, 2, 3})
    town.put(0, "INBOX", fmt::format("Subject: {}\r\n\r\nx\r\n", number), seen, 1'700'000'000);
}

Task<migration::DeltaReport> pass_of(Town& town) {
  const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
  if (!done) FAIL(done.error().to_string());
  co_return *done;
}

std::vector<migration::SkippedMessage> left_out(Town& town) {
  return town.world->sync->skipped(town.world->account);
}

migration::CopyState state_of(Town& town) {
  return town.world->sync->progress(town.world->account).state;
}

// One message spoils no other, and is named with the server's words when it never comes.
Task<void> not_given(Town& town, bool says_ok) {
  co_await three_letters(town);
  town.mailbox(0).withheld = {2};
  town.mailbox(0).gives_nothing = says_ok;
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  CHECK(left_out(town).empty());
  for (unsigned more = 1; more < Suspects::hopeless; ++more) {
    CHECK(left_out(town).empty());
    CHECK(report.missing == 1);
    report = co_await pass_of(town);
    CHECK(report.copied == 0);
  }
  CHECK(report.missing == 0);
  REQUIRE(left_out(town).size() == 1);
  CHECK(left_out(town).front().uid == 2);
  const std::string words = says_ok ? "does not give it" : "UID FETCH Server error";
  const migration::SkippedMessage one = left_out(town).front();
  CHECK((says_ok ? one.reason : one.server_words).contains(words));
  CHECK(town.read(1, "INBOX").size() == 2);
}

Task<void> given_later(Town& town) {
  co_await three_letters(town);
  town.mailbox(0).withheld = {2};
  co_await pass_of(town);
  town.mailbox(0).withheld.clear();
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(report.matched == 3);
  CHECK(left_out(town).empty());
  CHECK(town.read(1, "INBOX").size() == 3);
}

// The batch, and then two of its messages one by one.
Task<void> not_taken_now(Town& town, std::string_view code) {
  co_await three_letters(town);
  town.mailbox(1).appends_refused = 3;
  town.mailbox(1).refusal = code;
  auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(report.source_messages == 3);
  CHECK(report.missing == 2);
  CHECK(left_out(town).empty());
  CHECK(state_of(town) == migration::CopyState::copying);
  report = co_await pass_of(town);
  CHECK(report.copied == 2);
  CHECK(report.matched == 3);
  CHECK(report.missing == 0);
  CHECK(state_of(town) == migration::CopyState::in_sync);
  CHECK(left_out(town).empty());
  CHECK(town.read(1, "INBOX").size() == 3);
}

// Exchange loses \Flagged: it is stored afterwards, and never taken away at home.
Task<void> loses_a_flag(Town& town) {
  co_await town.move_in(1);
  town.put(0, "INBOX", "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.put(0, "INBOX", "Subject: 2\r\n\r\nx\r\n", seen | flagged, 1'700'000'000);
  town.mailbox(1).lost_flag = "\\Flagged";
  co_await pass_of(town);
  for (int passes = 0; passes < 2; ++passes) {
    for (const int side : {0, 1}) {
      const auto letters = town.read(side, "INBOX");
      REQUIRE(letters.size() == 2);
      CHECK(letters[0].flags == seen);
      CHECK(letters[1].flags == (seen | flagged));
    }
    const auto report = co_await pass_of(town);
    CHECK(report.flags_changed == 0);
  }
  town.set_flags(0, "INBOX", 2, seen);
  co_await pass_of(town);
  CHECK(town.read(1, "INBOX")[1].flags == seen);
}

// The same of what is brought home.
Task<void> loses_a_flag_at_home(Town& town) {
  co_await town.move_in(1);
  co_await pass_of(town);
  town.mailbox(0).lost_flag = "\\Flagged";
  for (const int number : {1, 2, 3})
    town.put(1, "INBOX", "Subject: " + std::to_string(number) + "\r\n\r\nx\r\n",
             number == 1 ? seen : seen | flagged, 1'700'000'000);
  for (int passes = 0; passes < 3; ++passes) {
    co_await pass_of(town);
    for (const int side : {0, 1}) {
      const auto letters = town.read(side, "INBOX");
      REQUIRE(letters.size() == 3);
      CHECK(letters[0].flags == seen);
      CHECK(letters[1].flags == (seen | flagged));
      CHECK(letters[2].flags == (seen | flagged));
    }
  }
  town.set_flags(0, "INBOX", 2, seen);
  co_await pass_of(town);
  CHECK(town.read(1, "INBOX")[1].flags == seen);
  CHECK(town.read(1, "INBOX")[2].flags == (seen | flagged));
}

// It is not stored on the mirror; the message is, and at home it stays.
Task<void> no_such_keyword(Town& town, bool says_so) {
  co_await town.move_in(1);
  if (says_so)
    town.mailbox(1).keeps_keywords = false;
  else
    town.mailbox(1).refused_flag = "Project-X";
  town.put(0, "INBOX", "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.put(0, "INBOX", "Subject: 2\r\n\r\nx\r\n", seen | own, 1'700'000'000);
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  for (int passes = 0; passes < 3; ++passes) {
    const auto letters = town.read(1, "INBOX");
    REQUIRE(letters.size() == 2);
    CHECK(letters[1].flags == seen);
    CHECK(town.read(0, "INBOX")[1].flags == (seen | own));
    CHECK(left_out(town).empty());
    report = co_await pass_of(town);
    CHECK(report.copied == 0);
  }
  town.set_flags(0, "INBOX", 2, seen | flagged | own);
  co_await pass_of(town);
  CHECK(town.read(1, "INBOX")[1].flags == (seen | flagged));
  CHECK(town.read(0, "INBOX")[1].flags == (seen | flagged | own));
}

Task<void> no_such_folder(Town& town) {
  co_await town.move_in(1);
  const std::string deep("Sent/2025");
  REQUIRE(town.mailbox(0).create(deep) != nullptr);
  town.put(0, deep, "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.put(0, "Trash", "Subject: 2\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.mailbox(1).refused_folders = {deep};
  auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  REQUIRE(left_out(town).size() == 1);
  CHECK(left_out(town)[0].folder == deep);
  CHECK(left_out(town)[0].uid == 0);
  CHECK(left_out(town)[0].reason.contains("doesn't allow inferior mailboxes"));
  CHECK(left_out(town)[0].next_step.contains("'map'"));
  town.mailbox(1).refused_folders.clear();
  report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(left_out(town).empty());
}

Task<void> locked_folder(Town& town) {
  co_await town.move_in(1);
  town.put(0, "Drafts", "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.put(0, "Trash", "Subject: 2\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.mailbox(0).locked_folders = {"Drafts"};
  for (const std::size_t copied : {0U, 1U}) {
    const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
    REQUIRE_FALSE(done);  // each is tried several times
    CHECK(done.error().to_string().contains("The shared folder is locked"));
    CHECK(town.read(1, "Trash").size() == copied);
  }
  REQUIRE(left_out(town).size() == 1);
  CHECK(left_out(town)[0].folder == "Drafts");
  CHECK(left_out(town)[0].reason.contains("The shared folder is locked"));
  town.mailbox(0).locked_folders.clear();
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(left_out(town).empty());
}

// hMailServer. Sizes are no identity, and no promise of how long a literal is.
Task<void> wrong_sizes(Town& town, int side) {
  co_await three_letters(town);
  town.put(1, "INBOX", "Subject: 2\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.mailbox(side).size_error = 7;
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  CHECK(report.matched == 3);
  town.renumber(1, "INBOX");
  report = co_await pass_of(town);
  CHECK(report.copied == 0);
  CHECK(report.matched == 3);
  for (const int one : {0, 1}) CHECK(town.read(one, "INBOX").size() == 3);
  const auto verified = co_await town.world->sync->verify(town.world->account, false);
  REQUIRE(verified);
  CHECK(verified->clean);
}

// Gmail has one message where two are the same. It is not sent again and again.
Task<void> merges_equal(Town& town) {
  co_await town.move_in(1);
  for (int copy = 0; copy < 2; ++copy)
    town.put(0, "INBOX", "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.mailbox(1).merges_equal = true;
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  for (int passes = 0; passes < 3; ++passes) {
    report = co_await pass_of(town);
    CHECK(report.copied == 0);
    CHECK(town.read(0, "INBOX").size() == 2);
    CHECK(town.read(1, "INBOX").size() == 1);
  }
}

// Where files are put underneath a server, a message may come with a UID below others.
Task<void> comes_in_the_middle(Town& town) {
  co_await three_letters(town);
  paper::Folder& inbox = town.folder(0, "INBOX");
  const paper::Message second = inbox.messages[1];
  inbox.messages.erase(inbox.messages.begin() + 1);
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  inbox.messages.insert(inbox.messages.begin() + 1, second);
  report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(report.matched == 3);
  report = co_await pass_of(town);
  CHECK(report.copied == 0);
}

Task<migration::Findings> look_of(Town& town) {
  const migration::Preflight preflight(*town.world->access);
  co_return co_await preflight.examine(
      *town.world->registry->routes()->account(town.world->account));
}

// Its log-in may not open one of the folders that it is shown.
Task<void> closed_folder(Town& town) {
  co_await town.move_in(1);
  for (const std::string folder : {"Drafts", "Trash"})
    town.put(0, folder, "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  town.mailbox(0).closed_folders = {"Drafts"};
  const auto found = co_await look_of(town);
  CHECK(found.at(Side::old_side).messages == 1);
  REQUIRE(found.remarks.size() == 1);
  CHECK(found.remarks[0].kind == migration::Remark::Kind::closed_folder);
  CHECK(found.remarks[0].what.contains("1 folders cannot be opened, such as \"Drafts\""));
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  REQUIRE(left_out(town).size() == 1);
  CHECK(left_out(town)[0].folder == "Drafts");
  CHECK(left_out(town)[0].reason.contains("not for you"));
}

// Verify names it, compares the others, and does not call that clean.
Task<void> not_compared(Town& town, Side side, bool says_goodbye) {
  co_await town.move_in(1);
  for (const std::string folder : {"Drafts", "Trash"})
    town.put(0, folder, "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  (void)co_await pass_of(town);
  town.put(0, "Trash", "Subject: 2\r\n\r\nx\r\n", seen, 1'700'000'000);
  paper::Mailbox& mailbox = town.mailbox(side == Side::old_side ? 0 : 1);
  (says_goodbye ? mailbox.locked_folders : mailbox.closed_folders) = {"Drafts"};
  const auto found = co_await town.world->sync->verify(town.world->account, false);
  REQUIRE(found);
  CHECK_FALSE(found->clean);
  const auto drafts = std::ranges::find(found->folders, "Drafts", &FolderVerdict::name);
  REQUIRE(drafts != found->folders.end());
  CHECK(drafts->not_compared.contains(says_goodbye ? "locked" : "not for you"));
  CHECK(drafts->not_compared.contains(side == Side::old_side ? "old side" : "new side"));
  CHECK_FALSE(drafts->next_step.empty());
  CHECK(std::ranges::count(found->folders, "Drafts", &FolderVerdict::name) == 1);
  const auto trash = std::ranges::find(found->folders, "Trash", &FolderVerdict::name);
  REQUIRE(trash != found->folders.end());
  CHECK(trash->not_compared.empty());
  CHECK(trash->missing == 1);
  REQUIRE(found->differences.size() == 1);
}

void put_in_new(Town& town, const std::string& folder) {
  REQUIRE(town.mailbox(0).create(folder) != nullptr);
  town.put(0, folder, "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
}

Task<void> of_others(Town& town) {
  co_await town.move_in(1);
  town.mailbox(0).namespaces = R"((("" "/")) (("Other/" "/")) (("Public/" "/")))";
  for (const std::string folder : {"Other/sato", "Public/news", "Publicity"})
    put_in_new(town, folder);
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(town.read(1, "Publicity").size() == 1);
  CHECK(town.mailbox(1).find("Public/news") == nullptr);
  CHECK(town.mailbox(1).find("Other/sato") == nullptr);
  const auto looked = co_await look_of(town);
  CHECK(looked.at(Side::old_side).messages == 1);
  const auto previewed = co_await town.world->sync->preview_folders(town.world->account);
  if (!previewed) FAIL(previewed.error().to_string());
  std::set<std::string> told;
  for (const auto& folder : previewed->folders)
    if (folder.left_out == migration::WhyLeftOut::of_others) told.insert(folder.name);
  CHECK(told == std::set<std::string>{"Other/sato", "Public/news"});
}

// Cyrus without altnamespace: shared folders have no prefix.
Task<void> shared_at_the_top(Town& town) {
  co_await town.move_in(1);
  town.mailbox(0).namespaces = R"((("INBOX/" "/")) (("user/" "/")) (("" "/")))";
  for (const char* name : {"Sent", "Drafts", "Junk", "Trash"}) town.mailbox(0).remove(name);
  for (const std::string folder : {"INBOX/Work", "Sales", "user/sato"}) put_in_new(town, folder);
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 1);
  CHECK(town.read(1, "Work").size() == 1);
  CHECK(town.mailbox(1).find("Sales") == nullptr);
}

Task<void> no_namespaces(Town& town) {
  co_await town.move_in(1);
  town.at(Side::old_side).replace = {{"NAMESPACE", "XAMESPACE"}};
  for (const char* name : {"Sent", "Drafts", "Junk", "Trash"}) town.mailbox(0).remove(name);
  for (const std::string folder : {"INBOX/Sent", "INBOX/Work"}) put_in_new(town, folder);
  const auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  for (const std::string folder : {"Sent", "Work"}) CHECK(town.read(1, folder).size() == 1);
}

// Gmail: what was archived has no label, and is in that folder alone.
Task<void> all_mail(Town& town, bool mapped) {
  co_await town.move_in(1);
  const std::string name("[Gmail]/All Mail");
  town.mailbox(0).has_labels = true;
  REQUIRE(town.mailbox(0).create(name) != nullptr);
  town.folder(0, name).attributes = "\\All";
  town.put(0, name, "Subject: 1\r\n\r\nx\r\n", seen, 1'700'000'000);
  const auto found = co_await look_of(town);
  const auto kind = migration::Remark::Kind::archived_mail;
  const auto at = std::ranges::find(found.remarks, kind, &migration::Remark::kind);
  CHECK((at == found.remarks.end()) == mapped);
  if (!mapped && at != found.remarks.end()) {
    CHECK(at->side == Side::old_side);
    CHECK(at->light == migration::Light::amber);
    CHECK(at->next_step.contains("map = [Gmail]/All Mail -> Archive"));
  }
  const auto report = co_await pass_of(town);
  CHECK(report.copied == (mapped ? 1U : 0U));
}

// What a header says that is asked for alone is not what the message says.
Task<void> odd_headers(Town& town, int side, paper::Mailbox::Headers how) {
  co_await town.move_in(1);
  town.mailbox(side).headers = how;
  const std::array<std::string, 3> subjects = {"\xE8\xA6\x8B", "\xE7\xA9\x8D", "plain"};
  for (const std::string& subject : subjects)
    town.put(0, "INBOX", fmt::format("Subject: {}\r\n\r\n{} words\r\n", subject, subject), seen,
             1'700'000'000);
  town.put(1, "INBOX", "Subject: \xE7\xA9\x8D\r\n\r\n\xE7\xA9\x8D words\r\n", seen, 1'700'000'000);
  auto report = co_await pass_of(town);
  CHECK(report.copied == 2);
  CHECK(report.matched == 3);
  for (const int renumbered : {0, 1}) {
    town.renumber(renumbered, "INBOX");
    report = co_await pass_of(town);
    CHECK(report.copied == 0);
    CHECK(report.matched == 3);
    for (const int there : {0, 1}) CHECK(town.folder(there, "INBOX").messages.size() == 3);
    for (const std::string& subject : subjects)
      CHECK(std::ranges::count_if(town.folder(1, "INBOX").messages, [&](const auto& one) {
              return one.bytes->contains(subject + " words");
            }) == 1);
  }
  const auto verified = co_await town.world->sync->verify(town.world->account, false);
  REQUIRE(verified);
  CHECK(verified->clean);
}

void in_a_town(const std::function<Task<void>(Town&)>& life) {
  log::start(log::Level::off);  // faults on purpose
  Town town({});
  town.run(life(town));
}

}  // namespace

TEST_CASE("A message that the server lists and refuses to give spoils no other, and is named") {
  for (const bool says_ok : {false, true}) {
    const auto life = [says_ok](Town& town) { return not_given(town, says_ok); };
    in_a_town(life);
  }
}
TEST_CASE("A message that the server does not give once is copied by the next pass") {
  in_a_town(given_later);
}
TEST_CASE("A message that is refused for now is copied by the next pass") {
  for (const std::string_view code : {"UNAVAILABLE", "INUSE", "SERVERBUG"}) {
    const auto life = [code](Town& town) { return not_taken_now(town, code); };
    in_a_town(life);
  }
}
TEST_CASE("A flag that the server loses with an APPEND is stored, and stays at home") {
  in_a_town(loses_a_flag);
}
TEST_CASE("A flag that the server loses with an APPEND at home stays on the mirror") {
  in_a_town(loses_a_flag_at_home);
}
TEST_CASE("A keyword that the mirror does not keep is left there, and stays at home") {
  for (const bool says_so : {true, false}) {
    const auto life = [says_so](Town& town) { return no_such_keyword(town, says_so); };
    in_a_town(life);
  }
}
TEST_CASE("A folder that the mirror refuses is named, and holds up no other") {
  in_a_town(no_such_folder);
}
TEST_CASE("A folder at whose opening the server says goodbye is named, and holds up no other") {
  in_a_town(locked_folder);
}
TEST_CASE("A server that tells wrong sizes makes nothing double and loses nothing") {
  for (const int side : {0, 1}) {
    const auto life = [side](Town& town) { return wrong_sizes(town, side); };
    in_a_town(life);
  }
}
TEST_CASE("I2: a server that shows other headers alone than with their message doubles nothing") {
  for (const int side : {0, 1})
    for (const auto how : {paper::Mailbox::Headers::in_ascii, paper::Mailbox::Headers::empty}) {
      INFO(side << (how == paper::Mailbox::Headers::empty));
      const auto life = [side, how](Town& town) { return odd_headers(town, side, how); };
      in_a_town(life);
    }
}
TEST_CASE("Folders of other people and of all are not copied with a mailbox") {
  in_a_town(of_others);
}
TEST_CASE("Shared folders without a prefix are not copied with a mailbox that has one") {
  in_a_town(shared_at_the_top);
}
TEST_CASE("A server without NAMESPACE: where all is below INBOX, that is no part of the names") {
  in_a_town(no_namespaces);
}
TEST_CASE("A folder that may not be opened is told before the move, and holds up no other") {
  in_a_town(closed_folder);
}
TEST_CASE(
    "Verify: a folder that cannot be opened is named, the others are compared, and it is not "
    "clean") {
  for (const Side side : {Side::old_side, Side::new_side})
    for (const bool says_goodbye : {false, true}) {
      INFO(migration::name_of(side) << says_goodbye);
      const auto life = [=](Town& town) { return not_compared(town, side, says_goodbye); };
      in_a_town(life);
    }
}
TEST_CASE("Equal messages that the mirror's server makes one are not copied again and again") {
  in_a_town(merges_equal);
}
TEST_CASE("A message that comes with a UID below others is copied") {
  in_a_town(comes_in_the_middle);
}
TEST_CASE("Gmail's archived mail is copied if it is mapped, and else told before the move") {
  for (const bool mapped : {false, true}) {
    config::SyncSettings settings;
    if (mapped) settings.map.push_back({"[Gmail]/All Mail", "Archive"});
    Town town(settings);
    town.run(all_mail(town, mapped));
  }
}

}  // namespace tandem::sync::model
