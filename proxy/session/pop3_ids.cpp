#include "proxy/session/pop3_ids.hpp"

#include <algorithm>

#include "lib/base/log.hpp"
#include "migration/pop3_index.hpp"
#include "proxy/session/admission.hpp"
#include "proxy/session/backend.hpp"

namespace tandem::session {

using migration::Account;
using migration::AccountId;
using migration::Side;

namespace {

constexpr unsigned most_failures = 3;

class Sizes final : public net::ImapHandler {
 public:
  std::vector<ImapEntry> entries;
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    if (message.uid != 0 && message.size) entries.push_back({message.uid, *message.size});
    co_return Result<void>();
  }
};

Task<Result<std::vector<ImapEntry>>> read_inbox(net::ImapClient& client) {
  const auto opened = co_await client.examine("INBOX");
  if (!opened) co_return fail(opened.error());
  Sizes sizes;
  if (opened->exists > 0) {
    imap::SequenceSet all;
    all.add(1, imap::SequenceSet::star);
    imap::FetchAttributes attributes;
    attributes.uid = attributes.size = true;
    const auto fetched = co_await client.fetch(all, attributes, sizes);
    if (!fetched) co_return fail(fetched.error());
  }
  std::ranges::sort(sizes.entries, {}, &ImapEntry::uid);
  co_return std::move(sizes.entries);
}

// Sizes first: what has an id then is there as well.
Task<Result<std::vector<Pop3Entry>>> read_listing(net::Pop3Client& client) {
  const auto sizes = co_await client.list();
  if (!sizes) co_return fail(sizes.error());
  const auto ids = co_await client.uidl();
  if (!ids) co_return fail(ids.error());
  std::map<std::uint64_t, std::uint64_t> by_number;
  for (const auto& one : *sizes) by_number[one.number] = parse_number(one.value).value_or(0);
  std::vector<Pop3Entry> listing;
  for (const auto& one : *ids) listing.push_back({one.number, by_number[one.number], one.value});
  co_return listing;
}

std::vector<Pop3Shown> in_order(const std::vector<Pop3Entry>& listing,
                                const std::map<std::string, GivenId>& ids) {
  std::vector<std::pair<std::uint64_t, Pop3Shown>> ranked;
  for (const Pop3Entry& entry : listing) {
    const GivenId& given = ids.at(entry.id);
    if (given.given.empty()) continue;
    ranked.emplace_back(given.rank, Pop3Shown{entry.number, entry.size, given.given});
  }
  std::ranges::stable_sort(ranked, {}, [](const auto& one) { return one.first; });
  std::vector<Pop3Shown> shown;
  for (auto& [rank, one] : ranked) shown.push_back(std::move(one));
  return shown;
}

// What came since the last log-in of this epoch is new to the client.
std::vector<GivenId> new_ids(const std::vector<Pop3Entry>& listing,
                             const std::map<std::string, GivenId>& known) {
  std::map<std::string, int> taken;
  std::uint64_t rank = 0;
  for (const auto& [id, given] : known) {
    taken.emplace(given.given, 1);
    rank = std::max(rank, given.rank + 1);
  }
  std::vector<GivenId> added;
  for (const Pop3Entry& entry : listing)
    if (!known.contains(entry.id)) added.push_back({entry.id, unique_id(entry.id, taken), rank++});
  return added;
}

}  // namespace

Pop3Ids::Pop3Ids(const SessionParts& parts, const SessionOptions& options)
    : registry_(parts.registry),
      connector_(parts.connector),
      store_(parts.ledger),
      inboxes_(parts.inboxes),
      access_(parts.access),
      options_(options) {}

Task<Result<std::vector<Pop3Shown>>> Pop3Ids::list(AccountId id, net::Pop3Client& home) {
  const auto routes = registry_.routes();
  const Account* found = routes->account(id);
  if (found == nullptr) co_return fail(ErrorKind::not_found, "the account is gone");
  const Account account = *found;
  const Side side = migration::home_of(account.phase);
  auto listing = co_await read_listing(home);
  if (!listing) co_return fail(listing.error());
  auto before = known(account, side);
  if (!before) co_return fail(before.error());
  std::vector<GivenId> fresh;
  if (before->current) {
    fresh = new_ids(*listing, before->ids);
  } else {
    auto together = co_await bring_together(account, *listing, *before);
    if (!together) co_return fail(together.error());
    fresh = std::move(*together);
  }
  for (const GivenId& one : fresh) before->ids[one.id] = one;
  const bool changed = !fresh.empty() || !before->current;
  if (changed) {
    const auto written = co_await write(account, side, std::move(fresh));
    if (!written) co_return fail(written.error());
  }
  co_return in_order(*listing, before->ids);
}

Task<Result<std::vector<GivenId>>> Pop3Ids::bring_together(Account account,
                                                           std::vector<Pop3Entry> listing,
                                                           Known before) {
  const Side side = migration::home_of(account.phase);
  const auto map = inboxes_->inbox(account.id);
  if (!map) co_return fail(map.error());
  Pop3Side at_home{std::move(listing), {}, {}};
  for (const auto& [id, given] : before.ids) at_home.given.emplace(id, given.given);
  Result<Pop3Side> elsewhere = Pop3Side{};
  const std::uint32_t validity_here = map->validity[static_cast<std::size_t>(side)];
  const Side other = migration::other(side);
  const std::uint32_t validity_there = map->validity[static_cast<std::size_t>(other)];
  auto uids = co_await uids_of(account, side, at_home.listing, validity_here);
  if (uids) elsewhere = co_await read_elsewhere(account, other, validity_there);
  const Error* error = !uids ? &uids.error() : !elsewhere ? &elsewhere.error() : nullptr;
  if (error != nullptr && !gives_up(account.id, *error)) co_return fail(*error);
  if (error != nullptr) {
    at_home.uids.assign(at_home.listing.size(), 0);
    co_return give_ids(at_home, Pop3Side{}, *map, side);
  }
  at_home.uids = std::move(*uids);
  co_return give_ids(at_home, *elsewhere, *map, side);
}

bool Pop3Ids::gives_up(AccountId account, const Error& error) {
  const bool never = error.kind == ErrorKind::not_found;
  const std::lock_guard lock(mutex_);
  const unsigned failures = ++failures_[account];
  log::warning("W-SES-3", "POP3 ids of account {} could not be kept: {}", account,
               error.to_string());
  return never || failures > most_failures;
}

Task<Result<Pop3Side>> Pop3Ids::read_elsewhere(Account account, Side side, std::uint32_t validity) {
  Pop3Side there;
  auto endpoint = endpoint_at(registry_, account, side, net::Protocol::pop3);
  if (!endpoint) co_return there;  // nobody ever used POP3 there
  auto credential = co_await access_->credential(account, side);
  if (!credential) co_return fail(credential.error());
  BackendLogin login{.name = std::move(credential->login),
                     .act_as = std::move(credential->authorization),
                     .password = std::move(credential->password),
                     .token = std::move(credential->token)};
  BackendOptions options{options_.hostname, options_.backend_limit};
  auto backend =
      co_await open_backend(connector_, std::move(*endpoint), std::move(login), std::move(options));
  if (!backend) co_return fail(backend.error());
  auto listing = co_await read_listing(*backend->pop3);
  (void)co_await backend->pop3->quit();
  if (!listing) co_return fail(listing.error());
  auto uids = co_await uids_of(account, side, *listing, validity);
  if (!uids) co_return fail(uids.error());
  const auto given = known(account, side);
  if (!given) co_return fail(given.error());
  for (const auto& [id, one] : given->ids)
    if (!one.given.empty()) there.given.emplace(id, one.given);
  there.listing = std::move(*listing);
  there.uids = std::move(*uids);
  co_return there;
}

// The sync reads that side by POP3 too: it gave each id its UID.
Result<std::vector<std::uint32_t>> Pop3Ids::uids_by_pop3(const Account& account, Side side,
                                                         const std::vector<Pop3Entry>& listing) {
  const auto known = access_->pop3_uids(account, side);
  if (!known) return fail(known.error());
  std::vector<std::uint32_t> uids;
  for (const Pop3Entry& entry : listing) {
    const auto found = known->find(migration::Pop3Index::key_of(entry.id));
    uids.push_back(found == known->end() ? 0 : found->second);
  }
  return uids;
}

Task<Result<std::vector<std::uint32_t>>> Pop3Ids::uids_of(Account account, Side side,
                                                          std::vector<Pop3Entry> listing,
                                                          std::uint32_t validity) {
  if (access_->is_pop3_only(account, side)) co_return uids_by_pop3(account, side, listing);
  std::vector<std::uint32_t> uids;
  for (const Pop3Entry& entry : listing) uids.push_back(uid_in(entry.id, validity));
  if (std::ranges::find(uids, 0U) == uids.end()) co_return uids;
  auto client = co_await access_->open_imap(account, side);
  if (!client) co_return fail(client.error());
  const auto inbox = co_await read_inbox(**client);
  (void)co_await (*client)->logout();
  if (!inbox) co_return fail(inbox.error());
  co_return match_listings(listing, *inbox);
}

}  // namespace tandem::session
