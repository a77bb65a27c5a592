// Pop3Stream: FETCH, message by message, as it is read.
#include <algorithm>
#include <fmt/format.h>

#include "lib/mail/header.hpp"
#include "lib/protocol/imap/write.hpp"
#include "migration/pop3_stream.hpp"

namespace tandem::migration {
namespace {

constexpr std::uint64_t piece = 64 * 1024;

// Whether it can be told by POP3 at all.
bool can_fetch(const imap::FetchAttributes& wanted) {
  if (wanted.envelope || wanted.body || wanted.body_structure || wanted.modseq || wanted.preview ||
      wanted.save_date || wanted.email_id || wanted.thread_id)
    return false;
  return std::ranges::all_of(wanted.bodies, [](const imap::BodyRequest& body) {
    const imap::SectionText text = body.section.text;
    return body.form == imap::BodyForm::body && !body.partial && body.section.part.empty() &&
           text != imap::SectionText::text && text != imap::SectionText::mime;
  });
}

std::uint32_t largest(const std::vector<Pop3Message>& messages, bool by_uid) {
  if (!by_uid) return static_cast<std::uint32_t>(messages.size());
  return messages.empty() ? 0 : messages.back().known.uid;
}

}  // namespace

void Pop3Stream::fetch(std::string tag, imap::command::Fetch fetch) {
  if (!selected_) return answer(tag, "BAD no mailbox is open");
  if (fetch.changed_since || !can_fetch(fetch.attributes))
    return answer(tag, "NO [CANNOT] a POP3 server does not tell that of a message");
  Fetching begun;
  begun.tag = std::move(tag);
  begun.attributes = std::move(fetch.attributes);
  begun.with_uid = fetch.uid || begun.attributes.uid;
  const std::vector<Pop3Message>& all = inbox_.messages();
  const imap::SequenceSet set = fetch.set.resolve(largest(all, fetch.uid));
  for (std::size_t at = 0; at < all.size(); ++at)
    if (set.contains(fetch.uid ? all[at].known.uid : static_cast<std::uint32_t>(at + 1)))
      begun.messages.push_back(at);
  fetching_ = std::move(begun);
}

// Adds about one buffer to what is read: several small answers, or the beginning of a message.
Task<Result<void>> Pop3Stream::next_of_fetch() {
  while (out_.size() < piece && !passing_) {
    Fetching& now = *fetching_;
    auto done = Result<void>{};
    if (now.done == now.messages.size()) {
      done = co_await inbox_.remember();
      if (done) answer(now.tag, "OK done");
      fetching_.reset();
      co_return done;
    }
    const std::size_t at = now.messages[now.done];
    if (!now.inside) {
      ask_ahead();
      done = co_await begin_message(at);
    } else if (now.body < now.attributes.bodies.size()) {
      done = co_await put_body(at, now.attributes.bodies[now.body++]);
    } else {
      out_ += ")\r\n";
      now.inside = false;
      ++now.done;
    }
    if (!done) co_return done;
    // What was asked of the server is passed on before the next is asked.
    if (!now.inside && !now.attributes.bodies.empty()) break;
  }
  co_return Result<void>{};
}

// Where one thing is asked of the POP3 server for each message.
void Pop3Stream::ask_ahead() {
  Fetching& now = *fetching_;
  const auto& bodies = now.attributes.bodies;
  const bool dates = now.attributes.internal_date && bodies.empty();
  const bool body = !now.attributes.internal_date && bodies.size() == 1;
  if (!dates && !body) return;
  now.ahead.advance(now.done, now.messages.size(), [&](std::size_t next) {
    const std::size_t at = now.messages[next];
    if (body && bodies.front().section.text == imap::SectionText::whole)
      inbox_.message_ahead(at);
    else if (body || !inbox_.has_date(at))
      inbox_.header_ahead(at);
  });
}

void Pop3Stream::separate() {
  if (!out_.ends_with('(')) out_ += ' ';
}

// The UID first: whoever copies a body wants to know whose it is.
Task<Result<void>> Pop3Stream::begin_message(std::size_t at) {
  Fetching& now = *fetching_;
  now.inside = true;
  now.body = 0;
  imap::DateTime date;
  if (now.attributes.internal_date) {
    const auto found = co_await inbox_.date(at);
    if (!found) co_return fail(found.error());
    date = *found;
  }
  const Pop3Message& one = inbox_.messages()[at];
  out_ += fmt::format("* {} FETCH (", at + 1);
  if (now.with_uid) out_ += fmt::format("UID {}", one.known.uid);
  if (now.attributes.flags) {
    separate();
    out_ += "FLAGS ()";
  }
  if (now.attributes.internal_date) {
    separate();
    out_ += fmt::format("INTERNALDATE \"{}\"", imap::to_string(date));
  }
  if (now.attributes.size) {
    separate();
    out_ += fmt::format("RFC822.SIZE {}", one.size());
  }
  co_return Result<void>{};
}

Task<Result<void>> Pop3Stream::put_body(std::size_t at, const imap::BodyRequest& body) {
  separate();
  const std::string name = fmt::format("BODY[{}] ", imap::to_string(body.section));
  if (body.section.text == imap::SectionText::whole) co_return co_await put_whole(at, name);
  const auto header = co_await inbox_.header(at);
  if (!header && header.error().kind != ErrorKind::refused) co_return fail(header.error());
  out_ += name;
  if (!header) {
    out_ += "NIL";
    co_return Result<void>{};
  }
  std::string text = *header;
  if (body.section.text != imap::SectionText::header) {
    const bool others = body.section.text == imap::SectionText::header_fields_not;
    text = mail::select_fields(mail::HeaderView(*header), body.section.fields, others);
  }
  imap::append_literal(out_, text);
  co_return Result<void>{};
}

Task<Result<void>> Pop3Stream::put_whole(std::size_t at, const std::string& name) {
  auto draft = co_await inbox_.message(at);
  if (!draft && draft.error().kind != ErrorKind::refused) co_return fail(draft.error());
  if (!draft) {
    out_ += name + "\"\"";
    co_return Result<void>{};
  }
  out_ += fmt::format("{}{{{}}}\r\n", name, draft->size());
  passing_ = Passing{std::move(*draft), 0};
  co_return Result<void>{};
}

Result<void> Pop3Stream::pass_on() {
  const std::uint64_t size = passing_->draft.size();
  if (passing_->offset < size) {
    const auto bytes = passing_->draft.read(passing_->offset, piece);
    if (!bytes) return fail(bytes.error());
    passing_->offset += bytes->size();
    out_ += *bytes;
  }
  if (passing_->offset >= size) passing_.reset();
  return {};
}

}  // namespace tandem::migration
