// GET /api/folders: what becomes of each folder, before anything is copied.
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;

Task<void> planned_folders(Site& site) {
  site.import({"aoki@example.jp"});
  Browser browser{site};
  co_await browser.enter();
  using migration::PairedBy;
  migration::FolderPreview preview;
  preview.folders = {{.name = "INBOX",
                      .messages = 12,
                      .left_out = {},
                      .other_name = "INBOX",
                      .exists = true,
                      .by = PairedBy::inbox,
                      .line = "",
                      .unheeded_line = ""},
                     {.name = "見積書/2024",
                      .messages = {},
                      .left_out = {},
                      .other_name = "見積書／2024",
                      .by = PairedBy::known,
                      .change = migration::NameChange::unfit,
                      .line = "",
                      .unheeded_line = "見積書/2024 -> 見積"},
                     {.name = "ごみ箱",
                      .messages = 3,
                      .left_out = migration::WhyLeftOut::excluded,
                      .other_name = "",
                      .line = "ごみ箱",
                      .unheeded_line = ""}};
  using migration::Grantee;
  using migration::May;
  const std::string odd_name("b\x1bob");
  preview.folders[0].sharing = migration::Sharing{};
  preview.folders[1].sharing =
      migration::Sharing{{{Grantee::person, odd_name, false, {May::read, May::remove}, "lrt"},
                          {Grantee::anyone, "", true, {}, "0"}},
                         7};
  site.rooms.previewed = preview;
  Answer answer = co_await browser.get("/api/folders/aoki%40example.jp");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("FolderPreview"), answer.json()) == "");
  const json::value told = answer.json();
  const json::array& all = told.at("folders").as_array();
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("messages") == 12);
  CHECK(all[0].at("rule") == "inbox");
  CHECK(all[0].at("change").is_null());
  CHECK(all[1].at("other_name") == "見積書／2024");
  CHECK(all[1].at("change") == "unfit");
  CHECK(all[1].at("unheeded_line") == "見積書/2024 -> 見積");
  CHECK(all[1].at("messages").is_null());
  CHECK(all[2].at("left_out") == "excluded");
  CHECK(all[2].at("line") == "ごみ箱");
  CHECK(all[2].at("other_name").is_null());
  CHECK(all[2].at("rule").is_null());
  CHECK(all[0].at("sharing") == json::value{{"grants", json::array{}}, {"more", 0}});
  CHECK(all[1].at("sharing").at("more") == 7);
  const json::array& grants = all[1].at("sharing").at("grants").as_array();
  REQUIRE(grants.size() == 2);
  CHECK(grants[0].at("who") == "person");
  CHECK(grants[0].at("name").as_string().find('\x1b') == std::string::npos);
  CHECK(grants[0].at("may") == json::array{"read", "delete"});
  CHECK(grants[0].at("rights") == "lrt");
  CHECK(grants[1].at("name").is_null());
  CHECK(grants[1].at("denied") == true);
  CHECK(grants[1].at("may") == json::array{});
  CHECK(all[2].at("sharing").is_null());
  site.rooms.previewed = fail(ErrorKind::authentication, "log-in refused");
  answer = co_await browser.get("/api/folders/aoki%40example.jp");
  CHECK(answer.status >= 400);
  answer = co_await browser.get("/api/folders/nobody%40example.jp");
  CHECK(answer.kind() == "not_found");
}

}  // namespace

TEST_CASE("folders: what becomes of each, and why") {
  Site site;
  site.net.run(planned_folders(site));
}

}  // namespace tandem::test
