// A Web over a real ledger, registry and cut-over, with the other rooms faked, and a browser that
// speaks to it over memory streams.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "lib/net/connector.hpp"
#include "lib/net/http/message.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/sync.hpp"
#include "lib/store/store.hpp"
#include "migration/canary.hpp"
#include "migration/clients.hpp"
#include "migration/cutover.hpp"
#include "migration/deletions.hpp"
#include "migration/folder_preview.hpp"
#include "migration/left_out.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "migration/verify.hpp"
#include "tests/migration/ledger_fixture.hpp"
#include "tests/support/run.hpp"
#include "webui/web.hpp"

namespace tandem::test {

using net::Task;

// The gateway, the session proxy and the sync, as the page and a cut-over see them.
struct FakeRooms final : migration::SessionFence,
                         migration::TransactionFence,
                         migration::Delta,
                         migration::CopyView,
                         migration::DeliveryView,
                         migration::CanarySender,
                         migration::Verifier,
                         migration::Deletions,
                         migration::FolderPreviews,
                         migration::LeftOut,
                         migration::ClientView {
  std::map<migration::AccountId, migration::CopyProgress> copies;
  std::vector<migration::AccountId> asked_to_run;
  std::set<migration::AccountId> copying;
  std::vector<migration::Delivery> deliveries;
  std::map<migration::AccountId, std::vector<migration::SkippedMessage>> skipped_messages;
  migration::DeliveryCounts delivery_counts;
  std::vector<migration::QueueItem> waiting;
  std::vector<migration::ClientSeen> seen;
  std::vector<std::string> asked_of_queue;  // "retry TRACE RECIPIENT", "drop TRACE RECIPIENT WHY"
  bool delta_fails = false;
  Result<migration::CanaryReport> canary;  // what becomes of one
  Result<migration::VerifyReport> verify_report;
  std::map<migration::AccountId, std::vector<migration::Verified>> verify_results;
  migration::DeletionReport deleted;
  Result<migration::FolderPreview> previewed;
  std::vector<std::string> asked_of_deletions;  // "allow FOLDER", "refuse FOLDER", "undo ID ID …"

  Task<void> hold(migration::AccountId, Duration) override { co_return; }
  Task<std::size_t> drain(migration::AccountId, Duration) override { co_return 1; }
  Task<bool> hold_and_drain(migration::AccountId, Duration) override { co_return true; }
  Task<void> release(migration::AccountId) override { co_return; }
  std::uint64_t pending_mirrors(migration::AccountId) const override { return 0; }
  Task<Result<migration::DeltaReport>> run_delta(migration::AccountId, migration::Side) override;
  std::vector<migration::ClientSeen> clients() const override { return seen; }
  migration::CopyProgress progress(migration::AccountId account) const override;
  std::vector<migration::FolderProgress> folders(migration::AccountId) const override;
  std::vector<migration::SkippedMessage> skipped(migration::AccountId account) const override;
  bool is_copying(migration::AccountId account) const override { return copying.contains(account); }
  void run_now(migration::AccountId account) override { asked_to_run.push_back(account); }
  std::vector<migration::Delivery> recent(std::size_t limit,
                                          const std::string& search) const override;
  migration::DeliveryCounts counts(const std::string&) const override { return delivery_counts; }
  std::vector<migration::QueueItem> queue(std::size_t limit) const override;
  Task<Result<std::uint64_t>> retry(std::string trace_id, std::string recipient) override;
  Task<Result<std::uint64_t>> drop(std::string trace_id, std::string recipient,
                                   std::string reason) override;
  Task<Result<migration::CanaryReport>> send_canary(migration::CanaryOrder) override {
    co_return canary;
  }
  Task<Result<migration::VerifyReport>> verify(migration::AccountId, bool) override {
    co_return verify_report;
  }
  Result<std::vector<migration::Verified>> verified(migration::AccountId account) const override {
    const auto found = verify_results.find(account);
    if (found == verify_results.end()) return std::vector<migration::Verified>();
    return found->second;
  }
  Task<Result<migration::FolderPreview>> preview_folders(migration::AccountId) override {
    co_return previewed;
  }
  Result<migration::DeletionReport> deletions(migration::AccountId, std::size_t) const override {
    return deleted;
  }
  Task<Result<std::uint64_t>> decide(migration::AccountId, std::string folder,
                                     bool allow) override {
    asked_of_deletions.push_back((allow ? "allow " : "refuse ") + folder);
    if (deleted.held.empty()) co_return fail(ErrorKind::not_found, "No deletion is held there.");
    co_return deleted.held.front().messages;
  }
  std::vector<std::string> asked_to_retry;  // "ID ID …"
  std::map<std::string, migration::MessagePlace> places;
  Result<migration::MessagePlace> place_of(migration::AccountId,
                                           const std::string& id) const override {
    const auto found = places.find(id);
    if (found == places.end()) return fail(ErrorKind::not_found, "No such message is listed.");
    return found->second;
  }
  Task<Result<std::uint64_t>> try_again(migration::AccountId account,
                                        std::vector<std::string> ids) override;
  Task<Result<migration::UndoReport>> undo(migration::AccountId,
                                           std::vector<std::int64_t> ids) override {
    std::string asked = "undo";
    for (const std::int64_t id : ids) asked += " " + std::to_string(id);
    asked_of_deletions.push_back(std::move(asked));
    co_return migration::UndoReport{.restored = 1, .not_found = 0};
  }
};

struct Answer {
  int status = 0;
  net::HttpHeaders headers;
  std::string body;

  [[nodiscard]] boost::json::value json() const { return boost::json::parse(body); }
  [[nodiscard]] std::string kind() const;  // of an error
};

class Site {
 public:
  Site();
  ~Site();

  TestNet net;
  migration::TempDirectory directory;
  config::SecretBox secrets = *config::SecretBox::from_key(Secret(std::string(32, 'k')));
  config::MigrationSettings settings = migration::example_settings();  // as they are at open()
  FakeRooms rooms;
  migration::EventBus events;
  net::Offload offload{1};
  net::TaskGroup background{net.executor()};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<migration::Registry> registry;
  net::Connector connector;
  std::unique_ptr<migration::SideAccess> access;
  std::unique_ptr<migration::Cutover> cutover;
  std::unique_ptr<webui::Web> web;

  void open(webui::WebOptions options = {});  // again: as after a restart
  void import(const std::vector<std::string>& addresses);
  [[nodiscard]] migration::Account account(const std::string& address) const;
  // In phase mirror_old and in sync.
  void make_ready(const std::string& address);
  [[nodiscard]] std::string token();  // the command line's
  [[nodiscard]] std::string setup_token();

  // Runs `body(*this)` to its end, then lets connections and runs end.
  void run(Task<void> (*body)(Site&));
  // Moves time until no cut-over runs.
  Task<void> end_runs();
  // A new connection to the Web.
  [[nodiscard]] net::StreamPtr connect(const std::string& peer = "127.0.0.1");
  // To the port that mail programs ask.
  [[nodiscard]] net::StreamPtr connect_discovery(const std::string& peer);
};

// Keeps its cookie and CSRF token, as a browser with the page does; a connection per request.
struct Browser {
  Site& site;
  std::string peer = "127.0.0.1";
  std::string cookie;
  std::string csrf;
  std::string bearer;

  Task<Answer> get(std::string path);
  Task<Answer> post(std::string path, std::string body);
  // Sets up or logs in as "admin" (or `user`) with "long-enough-1".
  Task<void> enter(std::string user = "admin");
};

Task<std::string> exchange_on(net::StreamPtr stream, std::string bytes);
// The bytes sent, and everything that comes back until the server closes.
Task<std::string> exchange(Site& site, std::string bytes, std::string peer = "127.0.0.1");
[[nodiscard]] Answer parse_answer(const std::string& bytes);

}  // namespace tandem::test
