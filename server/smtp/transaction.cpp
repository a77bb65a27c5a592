#include "server/smtp/transaction.hpp"

#include <algorithm>
#include <chrono>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "server/smtp/header_edit.hpp"

namespace tandem::server {

using smtp::make_reply;
using smtp::Reply;

std::string transmission_type(const TransmissionTraits& traits) {
  const std::string base = traits.lmtp ? "LMTP" : "SMTP";
  std::string type = base;
  if (traits.utf8)
    type = "UTF8" + base;
  else if (traits.extended && !traits.lmtp)
    type = "E" + base;
  if (traits.tls) type += "S";
  if (traits.authenticated) type += "A";
  return type;
}

Transaction::Transaction(const ProtocolContext& context, Peer peer, const smtp::MailCommand& mail)
    : context_(context),
      peer_(std::move(peer)),
      sender_(mail.from),
      announced_(mail.size.value_or(0)),
      trace_(new_trace_id()),
      now_(context.mailboxes.clock().wall()) {}

Result<bool> Transaction::is_full(AccountId account, std::uint64_t quota) const {
  if (quota == 0) return false;
  const auto boxes = context_.mailboxes.list(account);
  if (!boxes) return fail(boxes.error());
  std::uint64_t used = 0;
  for (const Box& box : *boxes) used += box.bytes;
  return used >= quota || announced_ > quota - used;
}

Reply Transaction::add_recipient(const std::string& address) {
  const auto found = context_.accounts.lookup(address);
  if (!found) return make_reply(451, "4.3.0", "The address cannot be looked up now");
  if (!*found) return make_reply(550, "5.1.1", "There is no such mailbox here");
  const auto intake = context_.accounts.intake(**found);
  if (!intake) return make_reply(451, "4.3.0", "The address cannot be looked up now");
  if (intake->disabled) return make_reply(550, "5.2.1", "The mailbox is disabled");
  const auto full = is_full(**found, intake->quota);
  if (!full) return make_reply(451, "4.3.0", "The mailbox cannot be looked at now");
  if (*full) return make_reply(452, "4.2.2", "The mailbox is full");
  recipients_.push_back({**found, address});
  return make_reply(250, "2.1.5", "Recipient ok");
}

Transaction::HeaderEdit Transaction::edit_for(Origin origin) const {
  if (origin == Origin::client) return submitted_header;
  return context_.trust == Trust::in_process ? handed_over_header : received_header;
}

mail::TraceStamp Transaction::stamp() const {
  mail::TraceStamp stamp;
  stamp.helo = peer_.helo;
  stamp.client_address = peer_.address;
  stamp.by = context_.settings.hostname;
  stamp.protocol = peer_.protocol;
  stamp.trace_id = trace_;
  if (recipients_.size() == 1) stamp.for_recipient = recipients_.front().address;
  stamp.date = {now_, 0};
  return stamp;
}

Reply Transaction::begin_content(Origin origin) {
  const auto writable = context_.mailboxes.store().committer().writable();
  if (!writable) return storage_reply(writable.error());
  draft_.emplace(context_.mailboxes.draft(),
                 [edit = edit_for(origin), sender = sender_, stamp = stamp()](
                     const mail::HeaderView& header) { return edit(header, sender, stamp); });
  return make_reply(354, "", "Go ahead");
}

Result<void> Transaction::append(std::string_view chunk) {
  return draft_->append(chunk);
}

// A person who is meant twice (an alias beside the address) gets one copy.
std::vector<Mailboxes::Destination> Transaction::destinations() const {
  std::vector<AccountId> accounts;
  for (const Recipient& recipient : recipients_) accounts.push_back(recipient.account);
  std::ranges::sort(accounts);
  const auto twice = std::ranges::unique(accounts);
  accounts.erase(twice.begin(), twice.end());
  std::vector<Mailboxes::Destination> to;
  for (const AccountId account : accounts) to.push_back({account, "INBOX", {}});
  return to;
}

net::Task<Reply> Transaction::deliver() {
  auto blob = draft_->finish();
  draft_.reset();
  if (!blob) co_return blob.error();
  const std::uint64_t size = blob->size();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now_).time_since_epoch().count();
  const imap::DateTime date{seconds, 0};
  const auto placed = co_await context_.mailboxes.deliver(std::move(*blob), destinations(), date);
  if (!placed) co_return storage_reply(placed.error());
  log::info("I-SERVER-2", "{} delivered: from <{}> by {} [{}], {} recipients, {} bytes", trace_,
            printable(sender_), printable(peer_.helo), peer_.address, recipients_.size(), size);
  co_return make_reply(250, "2.0.0", "Delivered as " + trace_);
}

}  // namespace tandem::server
