// Mirror: makes the quiet copies (R7 to R9). It takes what the journal says is due, account by
// account: under the account's lock it looks for the trace ids of a few messages in the mirror's
// INBOX (mirror_inbox) and appends what is missing, dated with the time of receipt; where the
// settings say `quiet`, it is handed in as mail instead (mirror_quiet). A failure is a debt, tried
// again after 1, 5, 15, 60 minutes and hourly. Nothing here can delay or change what a sender was
// told (I5).
//
// One io_context; notify() from any thread.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/delivery/handover.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "lib/store/store.hpp"
#include "migration/account_locks.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/kept_inboxes.hpp"

namespace tandem::gateway {

struct MirrorOptions {
  std::size_t accounts_at_once = 4;
};

class Mirror {
 public:
  Mirror(net::Executor executor, Journal& journal, const store::Store& store,
         const migration::Registry& registry, const migration::SideAccess& access,
         migration::AccountLocks& locks, const migration::EventBus& events, const Clock& clock,
         delivery::UpstreamPool& upstreams, MirrorOptions options);

  // Until `group` is asked to stop; copies under way are finished.
  Task<void> run(net::TaskGroup& group);
  // There may be something to do. Any thread.
  void notify() const { news_.notify(); }

 private:
  using Batch = std::vector<Pending>;

  Task<void> work_off(net::TaskGroup& group);
  Task<void> copy_batch(Batch batch);
  // A side's servers count connections for each address they come from (connections_per_address):
  // one at a time, and none is kept.
  [[nodiscard]] bool is_counted(AccountId account) const;
  Task<Result<void>> copy_all(migration::Account account, Side side, Batch& batch);
  Task<Result<void>> leave(Batch& batch, Result<void> done);
  Task<Result<std::set<std::string>>> what_is_there(migration::Account account, Side side,
                                                    KeptInboxes::InboxPtr& inbox,
                                                    std::span<const Pending> copies);
  Task<Result<void>> copy_some(MirrorInbox& inbox, std::set<std::string> there, Batch& batch);
  Task<Result<void>> append_missing(MirrorInbox& inbox, Batch& missing, Batch& made);
  [[nodiscard]] bool goes_by_mail(const migration::Account& account, Side side) const;
  Task<Result<void>> mail_all(migration::Account account, Side side, Batch& batch);
  // `eyes`: the mailbox's; null: nobody can look into it.
  Task<Result<void>> mail_one(migration::Account account, Side side, Pending copy,
                              net::ImapClient* eyes);
  Task<Result<delivery::Told::Kind>> hand_in(migration::Account account, Side side, Pending copy);
  [[nodiscard]] Duration doubt_of(const migration::Account& account) const;
  Task<void> put_off(Batch batch, Error error);
  void tell(const RecipientRecord& recipient) const;

  Journal& journal_;
  const store::Store& store_;
  const migration::Registry& registry_;
  const migration::SideAccess& access_;
  migration::AccountLocks& locks_;
  const migration::EventBus& events_;
  const Clock& clock_;
  delivery::UpstreamPool& upstreams_;
  MirrorOptions options_;
  net::RemoteNotifier news_;
  std::set<AccountId> busy_;
  std::optional<AccountId> counted_;  // of those, at a host that counts connections per address
  KeptInboxes kept_;
};

}  // namespace tandem::gateway
