// A side that has POP3 alone, into files: once each, and what the server does not give is named.
#include "tests/archive/boxes.hpp"
#include "tests/sync/post_office.hpp"

namespace tandem::archive {
namespace {

using net::Task;
using sync::PostOffice;

const std::string first = "Subject: one\r\n\r\nbody\r\n";
const std::string second = "Subject: two\r\n\r\n..dots\r\n";
const std::string third = "Subject: three\r\n\r\nbody\r\n";

Task<Report> written(PostOffice& town, std::string directory, Format format) {
  ExportOrder order;
  order.account = *town.world->registry->routes()->account(town.world->account);
  order.side = Side::old_side;
  order.directory = std::move(directory);
  order.format = format;
  Report report;
  const auto done = co_await export_account(*town.world->access, order, report);
  if (!done) FAIL(done.error().to_string());
  co_return report;
}

Task<void> check_export(PostOffice& town, std::string directory, Format format) {
  town.deliver("a", first);
  town.deliver("b", second);
  const Report one = co_await written(town, directory, format);
  CHECK(one.clean());
  REQUIRE(one.folders.size() == 1);
  CHECK(one.folders[0].name == "INBOX");
  CHECK(one.folders[0].written == 2);
  town.deliver("c", third);
  town.take_away("a");
  const Report two = co_await written(town, directory, format);
  CHECK(two.folders[0].written == 1);
  CHECK(two.folders[0].before == 1);
  const Report three = co_await written(town, directory, format);
  CHECK(three.folders[0].written == 0);
}

Task<void> check_refused(PostOffice& town, std::string directory, Format format) {
  town.deliver("a", first);
  town.deliver("b", second);
  town.post.refuses.insert("a");
  const Report report = co_await written(town, directory, format);
  CHECK(report.folders[0].written == 1);
  CHECK(report.folders[0].failed == 1);
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0].reason.find("gives nothing") != std::string::npos);
  for (const auto& [name, bytes] : files_below(directory)) CHECK_FALSE(bytes.empty());
  town.post.refuses.clear();
  const Report later = co_await written(town, directory, format);
  CHECK(later.clean());
  CHECK(later.folders[0].written == 1);
  CHECK(later.folders[0].before == 1);
}

}  // namespace

TEST_CASE("A mailbox that can be read by POP3 alone is exported, each message once", "[export]") {
  for (const Format format : {Format::maildir, Format::mbox}) {
    const sync::TempDirectory directory;
    PostOffice town;
    town.run(check_export(town, directory.path + "/box", format));
  }
}

TEST_CASE("A message that its server lists and does not give is named, not written empty",
          "[export]") {
  for (const Format format : {Format::maildir, Format::mbox}) {
    const sync::TempDirectory directory;
    PostOffice town;
    town.run(check_refused(town, directory.path + "/box", format));
  }
}

}  // namespace tandem::archive
