#include "sync/scan.hpp"

#include <algorithm>
#include <map>

#include "lib/base/text.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/header.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "sync/copy.hpp"

namespace tandem::sync {
namespace {

namespace response = imap::response;

constexpr std::size_t most_header = 1024 * 1024;
constexpr std::uint64_t usual_header = 2048;

Flags flags_of(const response::Fetch& message) {
  Flags flags;
  for (const std::string_view flag : message.flags) flags.add(imap::canonical_flag(flag));
  return flags;
}

// Collects UIDs, flags, dates, sizes.
class Listing final : public net::ImapHandler {
 public:
  explicit Listing(const net::ImapClient& client) : most_(2 * client.selected().exists + 100'000) {}

  std::vector<Item> items;

  Task<Result<void>> on_message(const response::Fetch& message) override {
    // Flag changes that come by unasked have no date and size: not ours. And what is told of
    // something else is no word of the flags.
    const bool is_told = message.has_flags && message.uid < flags_below;
    if (message.uid != 0 && (message.size || is_told)) {
      if (items.size() >= most_)
        co_return fail(ErrorKind::protocol, "more messages are told of than the folder has");
      Item& item = items.emplace_back();
      item.uid = message.uid;
      item.size = message.size.value_or(0);
      item.date = message.internal_date.value_or(imap::DateTime());
      item.flags = flags_of(message);
      keywords_.share(item.flags.keywords);
    }
    co_return Result<void>{};
  }

  Uid flags_below = 0;  // of these, flags are enough

  std::vector<Item> take(Uid from) {
    std::erase_if(items, [from](const Item& item) { return item.uid < from; });
    if (!std::ranges::is_sorted(items, {}, &Item::uid))
      std::ranges::stable_sort(items, {}, &Item::uid);
    // Of what was told twice the last word counts.
    std::size_t kept = 0;
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (at + 1 < items.size() && items[at + 1].uid == items[at].uid) continue;
      if (kept != at) items[kept] = std::move(items[at]);
      ++kept;
    }
    items.resize(kept);
    return std::move(items);
  }

 private:
  std::uint64_t most_;  // more than honest servers say
  KeywordPool keywords_;
};

// Never 0.
std::uint32_t part_of(std::string_view digest) {
  return std::max(
      1U, static_cast<std::uint32_t>(Identity::from_bytes(digest.substr(0, 16)).words[0] >> 33));
}

// Passes each header (or whole message) to a digest.
class Digesting final : public net::ImapHandler {
 public:
  enum class Depth : std::uint8_t { header, unless_header_says_nothing, whole };
  Digesting(std::vector<Item>& items, mail::DigestOptions options, Depth depth)
      : options_(std::move(options)), depth_(depth), whole_(depth != Depth::header) {
    items_.reserve(items.size());
    for (Item& item : items) items_.push_back(&item);
    std::ranges::sort(items_, {}, &Item::uid);
  }

  Task<Result<void>> on_body(const response::Fetch&, std::uint64_t) override {
    held_.clear();
    stream_.emplace(options_);
    co_return Result<void>{};
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    take(bytes);
    co_return Result<void>{};
  }
  Task<Result<void>> on_message(const response::Fetch& message) override {
    const auto found = std::ranges::lower_bound(items_, message.uid, {}, &Item::uid);
    if (found == items_.end() || (*found)->uid != message.uid || message.bodies.empty())
      co_return Result<void>{};
    const auto& value = message.bodies.front().value;
    if (value.nil) co_return Result<void>{};
    if (!value.streamed) {
      held_.clear();
      stream_.emplace(options_);
      take(value.bytes);
    }
    finish(**found);
    co_return Result<void>{};
  }

 private:
  void take(std::string_view bytes) {
    if (whole_)
      stream_->update(bytes);
    else if (held_.size() < most_header)
      held_.append(bytes.substr(0, most_header - held_.size()));
  }

  void finish(Item& item) {
    item.looked_at = true;
    const mail::StableDigest digest =
        whole_ ? stream_->finish() : mail::digest_header(held_, options_);
    Look look;
    look.trace = digest.trace_id.value_or("");
    const std::uint64_t body = whole_ ? digest.body_size : size_behind_header(item.size, digest);
    look.identity = identity_of(digest, body);
    look.likeness = likeness_of(digest);
    if (depth_ == Depth::whole && digest.body) look.identity = whole_identity_of(digest);
    if (digest.exact) look.bytes = part_of(*digest.exact);
    item.look = std::move(look);
  }

  mail::DigestOptions options_;
  Depth depth_;
  bool whole_;
  std::vector<Item*> items_;  // by UID
  std::string held_;
  std::optional<mail::DigestStream> stream_;
};

imap::FetchAttributes listing_attributes() {
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.flags = true;
  attributes.internal_date = true;
  attributes.size = true;
  return attributes;
}

imap::FetchAttributes flag_attributes() {
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.flags = true;
  return attributes;
}

imap::FetchAttributes body_attributes(imap::SectionText text) {
  imap::FetchAttributes attributes;
  attributes.uid = true;
  imap::BodyRequest body;
  body.peek = true;
  body.section.text = text;
  attributes.bodies.push_back(body);
  return attributes;
}

}  // namespace

imap::BodyRequest whole_body() {
  imap::BodyRequest body;
  body.peek = true;
  return body;
}

imap::SequenceSet set_of(const std::vector<Uid>& uids) {
  imap::SequenceSet set;
  for (const Uid uid : uids) set.add(uid);
  return set;
}

namespace {

std::string subject_in(std::string_view header) {
  constexpr std::size_t most = 300;
  std::string subject = mail::decode_header_text(mail::HeaderView(header).text("Subject"));
  if (subject.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(subject[end]) & 0xc0) == 0x80) --end;
    subject.resize(end);
  }
  return subject;
}

class Headers final : public net::ImapHandler {
 public:
  std::map<Uid, std::string> subjects;
  Task<Result<void>> on_body(const response::Fetch&, std::uint64_t) override {
    text_.clear();
    co_return Result<void>{};
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    if (text_.size() < most_header) text_.append(bytes);
    co_return Result<void>{};
  }
  Task<Result<void>> on_message(const response::Fetch& message) override {
    if (message.bodies.empty()) co_return Result<void>{};
    const auto& value = message.bodies.front().value;
    if (!value.streamed) text_ = value.bytes;
    subjects[message.uid] = subject_in(text_);
    co_return Result<void>{};
  }

 private:
  std::string text_;
};

}  // namespace

Task<Result<std::string>> subject_of(net::ImapClient& client, Uid uid) {
  std::vector<Uid> one(1, uid);
  const auto subjects = co_await subjects_of(client, std::move(one));
  if (!subjects) co_return fail(subjects.error());
  const auto found = subjects->find(uid);
  std::string subject;
  if (found != subjects->end()) subject = found->second;
  co_return subject;
}

Task<Result<std::map<Uid, std::string>>> subjects_of(net::ImapClient& client,
                                                     std::vector<Uid> uids) {
  Headers headers;
  if (uids.empty()) co_return headers.subjects;
  imap::SequenceSet set = set_of(uids);
  imap::FetchAttributes attributes = body_attributes(imap::SectionText::header);
  const auto fetched = co_await client.fetch(set, attributes, headers);
  if (!fetched) co_return fail(fetched.error());
  co_return std::move(headers.subjects);
}

Task<Result<std::vector<Item>>> scan_part(net::ImapClient& client, Uid& next) {
  constexpr Uid part = 50'000;
  const net::ImapMailbox open = client.selected();
  const Uid from = std::max<Uid>(next, 1);
  Listing listing(client);
  while (next != 0 && listing.items.empty()) {
    // A folder whose end is not told, or near, is listed in one go: `*` may be below `next`.
    const Uid first = std::max<Uid>(next, 1);
    const bool last =
        open.exists <= part || open.uid_next <= first || open.uid_next - first <= part;
    imap::SequenceSet set;
    set.add(first, last ? imap::SequenceSet::star : first + part - 1);
    imap::FetchAttributes attributes = listing_attributes();
    const auto fetched = co_await client.fetch(set, attributes, listing);
    if (!fetched) co_return fail(fetched.error());
    next = last ? 0 : first + part;
  }
  co_return listing.take(from);
}

Task<Result<std::vector<Item>>> scan_uids(net::ImapClient& client, std::vector<Uid> uids) {
  Listing listing(client);
  if (uids.empty()) co_return std::vector<Item>();
  imap::SequenceSet set = set_of(uids);
  imap::FetchAttributes attributes = listing_attributes();
  const auto fetched = co_await client.fetch(set, attributes, listing);
  if (!fetched) co_return fail(fetched.error());
  co_return listing.take(1);
}

Task<Result<std::vector<Item>>> scan_flags(net::ImapClient& client, Uid below,
                                           std::uint64_t changed_since) {
  Listing listing(client);
  listing.flags_below = below;
  if (client.selected().exists == 0 || below <= 1) co_return std::vector<Item>();
  imap::SequenceSet set;
  set.add(1, below - 1);
  imap::FetchAttributes attributes = flag_attributes();
  net::ImapClient::FetchModifiers modifiers;
  if (changed_since > 0) modifiers.changed_since = changed_since;
  const auto fetched = co_await client.fetch(set, attributes, listing, modifiers);
  if (!fetched) co_return fail(fetched.error());
  std::vector<Item> items = listing.take(1);
  std::erase_if(items, [below](const Item& item) { return item.uid >= below; });
  co_return items;
}

namespace {

std::string select_parameters(const net::ImapClient& client) {
  return client.has("CONDSTORE") ? "(CONDSTORE)" : "";
}

// What was asked for, and the tags of the questions.
struct NewsAsked {
  NewsWanted wanted;
  net::ImapTag fresh = 0;
  net::ImapTag older = 0;
};

Task<Result<NewsAsked>> ask_for_news(net::ImapClient& client, NewsWanted wanted) {
  NewsAsked asked;
  asked.wanted = wanted;
  asked.wanted.flags = wanted.flags && wanted.from > 1;
  imap::SequenceSet set;
  set.add(wanted.from, imap::SequenceSet::star);
  imap::FetchAttributes attributes = listing_attributes();
  net::ImapClient::FetchModifiers modifiers;
  const auto fresh = co_await client.send_fetch(std::move(set), std::move(attributes), modifiers);
  if (!fresh) co_return fail(fresh.error());
  asked.fresh = *fresh;
  if (!asked.wanted.flags) co_return asked;
  set = imap::SequenceSet();
  set.add(1, wanted.from - 1);
  attributes = flag_attributes();
  if (wanted.changed_since > 0) modifiers.changed_since = wanted.changed_since;
  const auto older = co_await client.send_fetch(std::move(set), std::move(attributes), modifiers);
  if (!older) co_return fail(older.error());
  asked.older = *older;
  co_return asked;
}

// Both questions are finished, whatever becomes of the first.
Task<Result<std::vector<Item>>> read_news(net::ImapClient& client, NewsAsked asked) {
  const Uid from = asked.wanted.from;
  Listing listing(client);
  if (asked.wanted.flags) listing.flags_below = from;
  const std::string refused("FETCH was refused");
  const auto listed = co_await client.finish_ok(asked.fresh, refused, &listing);
  if (asked.wanted.flags) {
    const auto compared = co_await client.finish_ok(asked.older, refused, &listing);
    if (listed && !compared) co_return fail(compared.error());
  }
  if (!listed) co_return fail(listed.error());
  // `n:*` names the last message, even if that is an older one (RFC 9051 9, seq-range).
  co_return listing.take(asked.wanted.flags ? 1 : from);
}

}  // namespace

Task<Result<std::vector<Item>>> scan_news(net::ImapClient& client, NewsWanted wanted) {
  if (client.selected().exists == 0) co_return std::vector<Item>();
  const auto asked = co_await ask_for_news(client, wanted);
  if (!asked) co_return fail(asked.error());
  co_return co_await read_news(client, *asked);
}

Task<Result<net::ImapMailbox>> select_counted(net::ImapClient& client, std::string mailbox) {
  co_return co_await client.select(std::move(mailbox), select_parameters(client));
}

Task<Result<OpenedNews>> select_with_news(net::ImapClient& client, std::string mailbox,
                                          NewsWanted wanted) {
  const auto select = co_await client.send_select(std::move(mailbox), select_parameters(client));
  if (!select) co_return fail(select.error());
  const auto asked = co_await ask_for_news(client, wanted);
  if (!asked) co_return fail(asked.error());
  auto opened = co_await client.finish_select(*select);
  auto news = co_await read_news(client, *asked);
  if (!opened) co_return fail(opened.error());
  if (!news && is_fatal(news.error())) co_return fail(news.error());
  OpenedNews both;
  both.opened = std::move(*opened);
  if (news) both.news = std::move(*news);
  co_return both;
}

Task<Result<std::vector<Item>>> scan_from(net::ImapClient& client, Uid from) {
  NewsWanted wanted;
  wanted.from = std::max<Uid>(from, 1);
  co_return co_await scan_news(client, wanted);
}

namespace {

// Only what was asked for: a range without an end, or an absurd one, costs nothing.
class Vanishing final : public net::ImapHandler {
 public:
  explicit Vanishing(Uid below) : below_(below) {}
  static constexpr std::uint64_t most = 100'000;
  std::vector<Uid> uids;
  bool too_many = false;
  void on_response(imap::Response& any) override {
    const auto* vanished = std::get_if<response::Vanished>(&any);
    if (vanished == nullptr || !vanished->earlier || too_many) return;
    for (const auto [first, last] : vanished->uids.ranges()) {
      const std::uint64_t end = std::min<std::uint64_t>(last, below_ - 1);
      too_many = too_many || (first <= end && end - first + uids.size() >= most);
      if (too_many) return;
      for (std::uint64_t uid = first; uid <= end; ++uid) uids.push_back(static_cast<Uid>(uid));
    }
  }

 private:
  Uid below_;
};

}  // namespace

Task<Result<std::optional<std::vector<Uid>>>> scan_vanished(net::ImapClient& client, Uid below,
                                                            std::uint64_t since) {
  std::optional<std::vector<Uid>> gone;
  if (!client.is_enabled("QRESYNC") || since == 0 || below <= 1) co_return gone;
  Vanishing vanishing(below);
  imap::SequenceSet set;
  set.add(1, below - 1);
  imap::FetchAttributes attributes;
  attributes.uid = true;
  net::ImapClient::FetchModifiers modifiers;
  modifiers.changed_since = since;
  modifiers.vanished = true;
  const auto fetched = co_await client.fetch(set, attributes, vanishing, modifiers);
  if (!fetched) co_return fail(fetched.error());
  if (vanishing.too_many) co_return gone;
  gone = std::move(vanishing.uids);
  std::ranges::sort(*gone);
  co_return gone;
}

Task<Result<void>> look_at(net::ImapClient& client, std::vector<Item>& items,
                           mail::DigestOptions options) {
  std::vector<Uid> uids;
  for (const Item& item : items)
    if (!item.looked_at) uids.push_back(item.uid);
  if (uids.empty()) co_return Result<void>{};
  const auto compressed = co_await client.compress_for(uids.size() * usual_header);
  if (!compressed) co_return compressed;
  Digesting headers(items, options, Digesting::Depth::header);
  imap::SequenceSet set = set_of(uids);
  imap::FetchAttributes attributes = body_attributes(imap::SectionText::header);
  auto fetched = co_await client.fetch(set, attributes, headers);
  if (!fetched) co_return fetched;
  uids.clear();
  for (const Item& item : items)
    if (item.looked_at && !item.look->identity.known()) uids.push_back(item.uid);
  if (uids.empty()) co_return Result<void>{};
  Digesting messages(items, options, Digesting::Depth::unless_header_says_nothing);
  set = set_of(uids);
  attributes = body_attributes(imap::SectionText::whole);
  fetched = co_await client.fetch(set, attributes, messages);
  co_return fetched;
}

Task<Result<void>> look_at_whole(net::ImapClient& client, std::vector<Item>& items,
                                 mail::DigestOptions options) {
  std::vector<Uid> uids;
  std::uint64_t bytes = 0;
  for (const Item& item : items) {
    uids.push_back(item.uid);
    bytes += item.size;
  }
  if (uids.empty()) co_return Result<void>{};
  const auto compressed = co_await client.compress_for(bytes);
  if (!compressed) co_return compressed;
  Digesting messages(items, options, Digesting::Depth::whole);
  imap::SequenceSet set = set_of(uids);
  imap::FetchAttributes attributes = body_attributes(imap::SectionText::whole);
  const auto fetched = co_await client.fetch(set, attributes, messages);
  co_return fetched;
}

}  // namespace tandem::sync
