// ImapClient: namespaces, lists, STATUS, SELECT, what makes and unmakes mailboxes, and rights on
// them.
#include <algorithm>
#include <array>
#include <set>

#include "lib/net/imap_client.hpp"
#include "lib/net/imap_collect.hpp"
#include "lib/protocol/imap/write.hpp"

namespace tandem::net {

namespace response = imap::response;

namespace {

std::string status_text(imap::StatusItems items) {
  struct Row {
    imap::StatusItem item;
    std::string_view word;
  };
  constexpr std::array<Row, 10> rows = {{{imap::status_messages, "MESSAGES"},
                                         {imap::status_recent, "RECENT"},
                                         {imap::status_uid_next, "UIDNEXT"},
                                         {imap::status_uid_validity, "UIDVALIDITY"},
                                         {imap::status_unseen, "UNSEEN"},
                                         {imap::status_highest_modseq, "HIGHESTMODSEQ"},
                                         {imap::status_size, "SIZE"},
                                         {imap::status_deleted, "DELETED"},
                                         {imap::status_append_limit, "APPENDLIMIT"},
                                         {imap::status_mailbox_id, "MAILBOXID"}}};
  std::string text = "(";
  for (const Row& row : rows) {
    if ((items & row.item) == 0) continue;
    if (text.size() > 1) text += ' ';
    text += row.word;
  }
  return text + ')';
}

// LIST entries, each with the STATUS that follows it (RFC 5819).
class Listing final : public ImapHandler {
 public:
  std::vector<ImapListed> all;
  void on_response(imap::Response& any) override {
    if (auto* entry = std::get_if<response::List>(&any)) {
      if (all.size() < most) all.push_back({std::move(*entry), std::nullopt});
    } else if (auto* status = std::get_if<response::MailboxStatus>(&any)) {
      for (auto at = all.rbegin(); at != all.rend(); ++at) {
        if (at->entry.name != status->name) continue;
        at->status = std::move(*status);
        break;
      }
    }
  }

 private:
  static constexpr std::size_t most = 100'000;
};

// One answer for each mailbox that was asked about; what else a server tells is not kept.
class Rights final : public ImapHandler {
 public:
  std::set<std::string> asked;         // MYRIGHTS
  std::set<std::string> administered;  // of those; GETACL
  std::vector<response::Acl> all;
  void on_response(imap::Response& any) override {
    if (const auto* mine = std::get_if<response::MyRights>(&any)) {
      const bool wanted = asked.erase(mine->name) > 0;
      if (wanted && mine->rights.contains('a')) administered.insert(mine->name);
    } else if (auto* acl = std::get_if<response::Acl>(&any)) {
      if (administered.erase(acl->name) == 0) return;
      if (acl->entries.size() > room_) acl->more += acl->entries.size() - room_;
      acl->entries.resize(std::min(acl->entries.size(), room_));
      room_ -= acl->entries.size();
      all.push_back(std::move(*acl));
    }
  }

 private:
  std::size_t room_ = 10'000;  // entries
};

Result<void> only_error(Result<ImapCompletion> done) {
  if (!done) return fail(std::move(done.error()));
  return {};
}

}  // namespace

Task<Result<response::Namespace>> ImapClient::namespaces() {
  Collect<response::Namespace> found;
  auto done = co_await run("NAMESPACE", "NAMESPACE was refused", &found);
  if (!done) co_return fail(std::move(done.error()));
  if (found.all.empty()) co_return response::Namespace();
  co_return std::move(found.all.front());
}

Task<Result<std::vector<ImapListed>>> ImapClient::run_list(std::string command) {
  Listing listing;
  auto done = co_await run(std::move(command), "the list of mailboxes was refused", &listing);
  if (!done) co_return fail(std::move(done.error()));
  co_return std::move(listing.all);
}

Task<Result<std::vector<ImapListed>>> ImapClient::list(std::string reference, std::string pattern,
                                                       imap::StatusItems status) {
  std::string command = "LIST " + (reference.empty() ? "\"\"" : mailbox_text(reference)) + " ";
  imap::append_quoted(command, pattern);
  const bool extended = has("LIST-EXTENDED") || has("IMAP4REV2");
  const bool with_status = status != 0 && (has("LIST-STATUS") || has("IMAP4REV2"));
  std::string wanted;
  if (has("SPECIAL-USE") && (extended || with_status)) wanted = "SPECIAL-USE";
  if (with_status) wanted += (wanted.empty() ? "STATUS " : " STATUS ") + status_text(status);
  if (!wanted.empty()) command += " RETURN (" + wanted + ")";
  return run_list(std::move(command));
}

Task<Result<std::vector<ImapListed>>> ImapClient::list_subscribed() {
  return run_list("LSUB \"\" \"*\"");
}

Task<Result<response::MailboxStatus>> ImapClient::status(std::string mailbox,
                                                         imap::StatusItems items) {
  std::vector<std::string> one(1, std::move(mailbox));
  auto all = co_await statuses(std::move(one), items);
  if (!all) co_return fail(std::move(all.error()));
  if (!all->empty()) co_return std::move(all->front());
  Error error{.kind = ErrorKind::protocol, .what = "the server gave no STATUS"};
  co_return fail(connection_error(std::move(error)));
}

Task<Result<std::vector<response::MailboxStatus>>> ImapClient::statuses(
    std::vector<std::string> mailboxes, imap::StatusItems items) {
  Collect<response::MailboxStatus> found;
  std::vector<std::string> commands;
  for (const std::string& mailbox : mailboxes)
    commands.push_back("STATUS " + mailbox_text(mailbox) + " " + status_text(items));
  const auto done = co_await run_each(std::move(commands), &found);
  if (!done) co_return fail(done.error());
  // A single mailbox that has no status (\NoSelect, damaged) does not spoil the others.
  if (mailboxes.size() == 1 && !done->front().ok())
    co_return fail(to_error(done->front(), "STATUS was refused"));
  co_return std::move(found.all);
}

Task<Result<ImapTag>> ImapClient::send_open(std::string command, std::string mailbox,
                                            bool read_only, std::string parameters) {
  command += " " + mailbox_text(mailbox);
  if (!parameters.empty()) command += " " + parameters;
  // Answers to earlier commands belong to the mailbox before; those must be finished first.
  auto answered = co_await await_all();
  if (!answered) co_return fail(std::move(answered.error()));
  if (!open_.empty()) co_return fail(ErrorKind::internal, "SELECT with commands under way");
  selected_ = {};
  selected_.name = std::move(mailbox);
  selected_.read_only = read_only;
  changes_ = {};
  in_select_ = true;
  co_return co_await send(std::move(command));
}

Task<Result<ImapMailbox>> ImapClient::finish_select(ImapTag tag, ImapHandler* handler) {
  auto done = co_await finish_ok(tag, "the mailbox could not be opened", handler);
  in_select_ = false;
  if (!done) {
    selected_ = {};
    co_return fail(std::move(done.error()));
  }
  take_code(done->code);
  co_return selected_;
}

Task<Result<ImapMailbox>> ImapClient::open(std::string command, std::string mailbox, bool read_only,
                                           std::string parameters, ImapHandler* handler) {
  auto tag =
      co_await send_open(std::move(command), std::move(mailbox), read_only, std::move(parameters));
  if (!tag) co_return fail(std::move(tag.error()));
  co_return co_await finish_select(*tag, handler);
}

Task<Result<ImapTag>> ImapClient::send_select(std::string mailbox, std::string parameters) {
  return send_open("SELECT", std::move(mailbox), false, std::move(parameters));
}

Task<Result<ImapMailbox>> ImapClient::select(std::string mailbox, std::string parameters,
                                             ImapHandler* handler) {
  return open("SELECT", std::move(mailbox), false, std::move(parameters), handler);
}

Task<Result<ImapMailbox>> ImapClient::examine(std::string mailbox, std::string parameters,
                                              ImapHandler* handler) {
  return open("EXAMINE", std::move(mailbox), true, std::move(parameters), handler);
}

Task<Result<void>> ImapClient::unselect() {
  const bool offered = has("UNSELECT") || has("IMAP4REV2");
  if (!offered && !selected_.read_only)  // CLOSE would expunge
    co_return fail(ErrorKind::refused, "the server has no UNSELECT");
  std::string command(offered ? "UNSELECT" : "CLOSE");
  auto done = co_await run(std::move(command), "the mailbox could not be closed");
  selected_ = {};
  co_return only_error(std::move(done));
}

Task<Result<void>> ImapClient::create(std::string mailbox, std::string parameters) {
  std::string command = "CREATE " + mailbox_text(mailbox);
  if (!parameters.empty()) command += " " + parameters;
  auto done = co_await run(std::move(command), "the mailbox could not be made");
  co_return only_error(std::move(done));
}

Task<Result<void>> ImapClient::remove(std::string mailbox) {
  auto done = co_await run("DELETE " + mailbox_text(mailbox), "the mailbox could not be deleted");
  co_return only_error(std::move(done));
}

Task<Result<void>> ImapClient::rename(std::string from, std::string to) {
  auto done = co_await run("RENAME " + mailbox_text(from) + " " + mailbox_text(to),
                           "the mailbox could not be renamed");
  co_return only_error(std::move(done));
}

Task<Result<void>> ImapClient::subscribe(std::vector<std::string> mailboxes) {
  std::vector<std::string> commands;
  for (const std::string& mailbox : mailboxes)
    commands.push_back("SUBSCRIBE " + mailbox_text(mailbox));
  const auto done = co_await run_each(std::move(commands));
  if (!done) co_return fail(done.error());
  co_return Result<void>{};
}

Task<Result<std::vector<response::Quota>>> ImapClient::quota(std::string mailbox) {
  Collect<response::Quota> found;
  auto done =
      co_await run("GETQUOTAROOT " + mailbox_text(mailbox), "the quota was not told", &found);
  if (!done) co_return fail(std::move(done.error()));
  co_return std::move(found.all);
}

Task<Result<std::vector<response::Acl>>> ImapClient::acls(std::vector<std::string> mailboxes) {
  Rights rights;
  std::vector<std::string> commands;
  for (const std::string& mailbox : mailboxes) {
    commands.push_back("MYRIGHTS " + mailbox_text(mailbox));
    rights.asked.insert(mailbox);
  }
  auto done = co_await run_each(std::move(commands), &rights);
  if (!done) co_return fail(std::move(done.error()));
  commands.clear();
  for (const std::string& mailbox : mailboxes)
    if (rights.administered.contains(mailbox))
      commands.push_back("GETACL " + mailbox_text(mailbox));
  done = co_await run_each(std::move(commands), &rights);
  if (!done) co_return fail(std::move(done.error()));
  co_return std::move(rights.all);
}

}  // namespace tandem::net
