#include "tests/sync/model/paper_server.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <set>

#include "lib/protocol/imap/write.hpp"
#include "tests/support/forwarding_stream.hpp"

namespace tandem::sync::paper {
namespace {

namespace command = imap::command;

constexpr std::string_view capabilities =
    "IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+ NAMESPACE UIDPLUS MOVE CONDSTORE LIST-EXTENDED "
    "LIST-STATUS MULTIAPPEND SPECIAL-USE";

bool has_flag(const Message& message, std::string_view flag) {
  return std::ranges::find(message.flags, flag) != message.flags.end();
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// Header and empty line.
std::string_view header_of(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? bytes : bytes.substr(0, end + 4);
}

std::string shown_header(std::string_view bytes, Mailbox::Headers how) {
  std::string shown(how == Mailbox::Headers::empty ? "" : header_of(bytes));
  if (how == Mailbox::Headers::in_ascii)
    std::ranges::replace_if(shown, [](char byte) { return (byte & 0x80) != 0; }, '?');
  return shown;
}

// The parser of commands knows no X-GM-MSGID: what is asked for by that name comes to it as
// EMAILID.
class GmailWords final : public tandem::test::ForwardingStream {
 public:
  explicit GmailWords(net::StreamPtr inner) : ForwardingStream(std::move(inner)) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    constexpr std::string_view theirs = "X-GM-MSGID";
    constexpr std::string_view ours = "EMAILID";
    const auto count = co_await inner_->read_some(into);
    if (!count) co_return count;
    std::string text(into.data(), *count);
    for (auto at = text.find(theirs); at != std::string::npos; at = text.find(theirs, at))
      text.replace(at, theirs.size(), ours);
    std::ranges::copy(text, into.begin());
    co_return text.size();
  }
};

class Session {
 public:
  Session(net::Stream& stream, Accounts accounts) : io_(stream), accounts_(std::move(accounts)) {}

  Task<void> run() {
    io_.put(fmt::format("* OK [CAPABILITY {}] paper\r\n", capabilities));
    auto begun = co_await io_.flush();
    while (begun && !ended_) {
      auto next = co_await io_.next();
      if (!next || !*next) break;
      begun = co_await answer(std::move(**next));
    }
    (void)co_await io_.stream().shutdown_send();
  }

 private:
  Task<Result<void>> answer(imap::Command command) {
    tag_ = command.tag;
    if (auto* append = std::get_if<command::Append>(&command.body))
      co_return co_await this->append(std::move(*append));
    std::visit([this](auto& one) { run(one); }, command.body);
    co_return co_await io_.flush();
  }

  void ok(std::string_view text = "Done") { io_.put(fmt::format("{} OK {}\r\n", tag_, text)); }
  void no(std::string_view text) { io_.put(fmt::format("{} NO {}\r\n", tag_, text)); }

  template <class Other>
  void run(Other&) {
    io_.put(tag_ + " BAD not on paper\r\n");
  }
  void run(command::Capability&) {
    io_.put(fmt::format("* CAPABILITY {}\r\n", capabilities));
    ok();
  }
  void run(command::Authenticate& one) {
    const std::string text = one.initial.value_or("");
    const auto first = text.find('\0');
    const auto second = text.find('\0', first + 1);
    if (first == std::string::npos || second == std::string::npos) return no("who?");
    log_in(text.substr(first + 1, second - first - 1));
  }
  void run(command::Login& one) { log_in(one.user); }
  void log_in(const std::string& login) {
    mailbox_ = accounts_(login);
    if (mailbox_ == nullptr) return no("[AUTHENTICATIONFAILED] who?");
    ok(fmt::format("[CAPABILITY {}{}{}] Logged in", capabilities,
                   mailbox_->tells_vanished ? " ENABLE QRESYNC" : "",
                   mailbox_->has_labels ? " X-GM-EXT-1" : ""));
  }
  void run(command::Enable&) {
    qresync_ = mailbox_->tells_vanished;
    if (qresync_) io_.put("* ENABLED QRESYNC\r\n");
    ok();
  }
  void run(command::Logout&) {
    io_.put("* BYE\r\n");
    ok();
    ended_ = true;
  }
  void run(command::Noop&) {
    tell();
    ok();
  }
  void run(command::Namespace&) {
    io_.put(fmt::format("* NAMESPACE {}\r\n", mailbox_->namespaces));
    ok();
  }

  std::string status_of(Folder& folder) const {
    const auto unseen = std::ranges::count_if(
        folder.messages, [](const Message& one) { return !has_flag(one, "\\Seen"); });
    return fmt::format(
        "* STATUS \"{}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {} UNSEEN {} HIGHESTMODSEQ {})\r\n",
        folder.name, folder.messages.size(), folder.next, folder.validity, unseen, folder.modseq);
  }
  void run(command::List& one) {
    for (const auto& folder : mailbox_->folders()) {
      if ((one.lsub || one.select_subscribed) && !folder->subscribed) continue;
      io_.put(fmt::format("* {} ({}) \"/\" \"{}\"\r\n", one.lsub ? "LSUB" : "LIST",
                          folder->attributes, folder->name));
      if (one.return_status != 0 && !mailbox_->closed_folders.contains(folder->name))
        io_.put(status_of(*folder));
    }
    ok();
  }
  void run(command::Status& one) {
    Folder* const folder = mailbox_->find(one.mailbox);
    if (folder == nullptr) return no("[NONEXISTENT] no such folder");
    if (mailbox_->closed_folders.contains(one.mailbox)) return no("[NOPERM] not for you");
    io_.put(status_of(*folder));
    ok();
  }
  void run(command::Create& one) {
    if (mailbox_->refused_folders.contains(one.mailbox))
      return no("[CANNOT] Mailbox doesn't allow inferior mailboxes");
    if (mailbox_->create(one.mailbox) == nullptr) return no("[ALREADYEXISTS] it exists");
    ok();
  }
  void run(command::Rename& one) {
    if (!mailbox_->rename(one.from, one.to)) return no("[CANNOT] not renamed");
    ok();
  }
  void run(command::Subscribe& one) {
    Folder* const folder = mailbox_->find(one.mailbox);
    if (folder == nullptr) return no("[NONEXISTENT] no such folder");
    folder->subscribed = one.subscribe;
    ok();
  }
  void run(command::Select& one) {
    if (mailbox_->locked_folders.contains(one.mailbox)) {
      io_.put("* BYE The shared folder is locked\r\n");
      ended_ = true;
      return;
    }
    if (mailbox_->closed_folders.contains(one.mailbox)) return no("[NOPERM] not for you");
    open_ = mailbox_->share(one.mailbox);
    if (!open_) return no("[NONEXISTENT] no such folder");
    known_.clear();
    for (const Message& message : open_->messages) known_.push_back(message.uid);
    io_.put(
        fmt::format("* {} EXISTS\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
                    "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft{})] x\r\n"
                    "* OK [UIDVALIDITY {}] x\r\n* OK [UIDNEXT {}] x\r\n"
                    "* OK [HIGHESTMODSEQ {}] x\r\n",
                    known_.size(), mailbox_->keeps_keywords ? " \\*" : "", open_->validity,
                    open_->next, open_->modseq));
    ok("[READ-WRITE] open");
  }

  // EXPUNGE for what has gone, EXISTS for what has come.
  void tell() {
    if (!open_) return;
    std::size_t at = 0;
    while (at < known_.size()) {
      if (open_->find(known_[at]) != nullptr) {
        ++at;
        continue;
      }
      if (qresync_)
        io_.put(fmt::format("* VANISHED {}\r\n", known_[at]));
      else
        io_.put(fmt::format("* {} EXPUNGE\r\n", at + 1));
      known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const std::size_t before = known_.size();
    const std::uint32_t last = known_.empty() ? 0 : known_.back();
    for (const Message& message : open_->messages)
      if (message.uid > last) known_.push_back(message.uid);
    if (known_.size() > before) io_.put(fmt::format("* {} EXISTS\r\n", known_.size()));
  }

  // Of the open folder those that the client knows and names.
  std::vector<Message*> named(const imap::SequenceSet& set) {
    const auto uids = set.resolve(known_.empty() ? 1 : known_.back());
    std::vector<Message*> all;
    for (const std::uint32_t uid : known_) {
      if (!uids.contains(uid)) continue;
      if (Message* message = open_->find(uid)) all.push_back(message);
    }
    return all;
  }
  void tell_vanished(const imap::SequenceSet& set) {
    const auto uids = set.resolve(open_->next);
    imap::SequenceSet gone;
    for (const auto [first, last] : uids.ranges()) {
      std::uint32_t next = first;
      for (const Message& message : open_->messages) {
        if (message.uid < next) continue;
        if (message.uid > last) break;
        if (message.uid > next) gone.add(next, message.uid - 1);
        next = message.uid + 1;
      }
      if (next <= last) gone.add(next, last);
    }
    if (!gone.empty()) io_.put(fmt::format("* VANISHED (EARLIER) {}\r\n", gone.to_string()));
  }
  std::size_t number_of(const Message& message) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(known_, message.uid) -
                                    known_.begin()) +
           1;
  }

  void run(command::Fetch& one) {
    if (!open_ || !one.uid) return no("nothing is open");
    const imap::FetchAttributes& wanted = one.attributes;
    if (one.vanished && !(qresync_ && one.changed_since)) return no("not enabled");
    if (wanted.email_id && !mailbox_->has_labels) return no("not offered");
    if (one.vanished) tell_vanished(one.set);
    bool withheld = false;
    for (const Message* message : named(one.set)) {
      if (one.changed_since && message->modseq <= *one.changed_since) continue;
      if (is_withheld(*message, wanted)) {
        withheld = true;
        continue;
      }
      std::string out = fmt::format("* {} FETCH (", number_of(*message));
      if (wanted.email_id) out += fmt::format("X-GM-MSGID {} ", message->id);
      out += fmt::format("UID {}", message->uid);
      if (wanted.flags) out += fmt::format(" FLAGS ({})", joined(message->flags));
      if (one.changed_since) out += fmt::format(" MODSEQ ({})", message->modseq);
      if (wanted.internal_date)
        out += fmt::format(" INTERNALDATE \"{}\"", imap::to_string(message->date));
      if (wanted.size)
        out += fmt::format(" RFC822.SIZE {}", message->bytes->size() + mailbox_->size_error);
      for (const imap::BodyRequest& body : wanted.bodies) {
        const bool header = body.section.text == imap::SectionText::header;
        if (!header) ++mailbox_->bodies_read;
        const std::string text =
            header ? shown_header(*message->bytes, mailbox_->headers) : *message->bytes;
        out += fmt::format(" BODY[{}] {{{}}}\r\n", header ? "HEADER" : "", text.size());
        out += text;
      }
      io_.put(out + ")\r\n");
    }
    if (withheld && mailbox_->hidden.empty() && !mailbox_->gives_nothing)
      return no("[UNAVAILABLE] UID FETCH Server error");
    ok();
  }
  bool is_withheld(const Message& message, const imap::FetchAttributes& wanted) const {
    const bool header =
        !wanted.bodies.empty() && wanted.bodies.front().section.text == imap::SectionText::header;
    if (header) return mailbox_->hidden.contains(message.uid);
    return mailbox_->withheld.contains(message.uid) && !wanted.bodies.empty();
  }
  // By Gmail's ids alone.
  static bool fits(const Message& message, const imap::SearchKey& key) {
    const auto of_child = [&](const imap::SearchKey& child) { return fits(message, child); };
    switch (key.kind) {
      case imap::SearchKind::all_of: return std::ranges::all_of(key.children, of_child);
      case imap::SearchKind::any_of: return std::ranges::any_of(key.children, of_child);
      case imap::SearchKind::email_id: return key.text == std::to_string(message.id);
      default: return false;
    }
  }
  void run(command::Search& one) {
    if (!open_ || !one.uid) return no("nothing is open");
    if (!mailbox_->has_labels) return no("not offered");
    std::string found = "* SEARCH";
    for (const std::uint32_t uid : known_) {
      const Message* message = open_->find(uid);
      if (message != nullptr && fits(*message, one.key)) found += fmt::format(" {}", uid);
    }
    io_.put(found + "\r\n");
    ok();
  }
  void run(command::Store& one) {
    if (!open_ || !one.uid) return no("nothing is open");
    if (!can_keep(one.flags)) return no("[CANNOT] no such flag");
    for (Message* message : named(one.set)) {
      if (one.action == command::StoreAction::replace) message->flags.clear();
      for (const std::string& flag : one.flags) {
        std::erase(message->flags, flag);
        if (one.action != command::StoreAction::remove) message->flags.push_back(flag);
      }
      open_->touch(*message);
    }
    if (mailbox_->has_labels) expunge_at_once(*open_);
    ok();
  }
  void expunge_at_once(Folder& folder) {
    const auto gone = std::erase_if(
        folder.messages, [](const Message& message) { return has_flag(message, "\\Deleted"); });
    if (gone > 0) ++folder.modseq;
    tell();
  }
  bool can_keep(const std::vector<std::string>& flags) const {
    return mailbox_->refused_flag.empty() ||
           std::ranges::find(flags, mailbox_->refused_flag) == flags.end();
  }
  void run(command::Copy& one) {
    const auto target = mailbox_->share(one.mailbox);
    if (!open_ || !one.uid || !target) return no("[TRYCREATE] no such folder");
    if (!one.move && mailbox_->copies == Mailbox::Copies::refused) return no("[NOPERM] no copies");
    imap::SequenceSet from;
    imap::SequenceSet to;
    std::vector<Message> copies;
    for (const Message* message : named(one.set)) copies.push_back(*message);
    for (Message& message : copies) {
      from.add(message.uid);
      if (mailbox_->copies == Mailbox::Copies::of_another_date) message.date.unix_seconds += 1000;
      to.add(target->add(std::move(message)));
    }
    if (copies.empty()) return ok();
    const std::string pairs =
        fmt::format("[COPYUID {} {} {}]", target->validity, from.to_string(), to.to_string());
    if (!one.move) return ok(pairs + " copied");
    io_.put(fmt::format("* OK {} moved\r\n", pairs));
    std::erase_if(open_->messages,
                  [&](const Message& message) { return from.contains(message.uid); });
    ++open_->modseq;
    tell();
    ok();
  }
  void run(command::Expunge& one) {
    if (!open_) return no("nothing is open");
    std::set<std::uint32_t> gone;
    for (const std::uint32_t uid : known_) {
      const Message* message = open_->find(uid);
      if (message == nullptr || !has_flag(*message, "\\Deleted")) continue;
      if (!one.uids || one.uids->contains(uid)) gone.insert(uid);
    }
    std::erase_if(open_->messages,
                  [&](const Message& one_of) { return gone.contains(one_of.uid); });
    ++open_->modseq;
    tell();
    ok();
  }

  // All messages of one command, or none (RFC 3502).
  Task<Result<void>> append(command::Append first) {
    const auto target = mailbox_->share(first.mailbox);
    if (!target) {
      imap::CommandError error{.tag = tag_, .text = "no such folder", .code = "TRYCREATE"};
      error.no = true;
      co_return co_await io_.refuse_append(std::move(error));
    }
    if (mailbox_->appends_refused > 0) {
      --mailbox_->appends_refused;
      imap::CommandError error{.tag = tag_, .text = "not now", .code = mailbox_->refusal};
      error.no = true;
      co_return co_await io_.refuse_append(std::move(error));
    }
    std::vector<Message> messages;
    std::optional<command::AppendItem> item = std::move(first.first);
    while (item) {
      const auto accepted = co_await io_.accept_append();
      if (!accepted) co_return accepted;
      std::string bytes(item->size, '\0');
      std::size_t read = 0;
      while (true) {
        const auto count = co_await io_.read_literal(std::span(bytes).subspan(read));
        if (!count) co_return fail(count.error());
        if (*count == 0) break;
        read += *count;
      }
      Message& message = messages.emplace_back();
      message.flags = item->flags;
      std::erase(message.flags, mailbox_->lost_flag);
      if (!mailbox_->keeps_keywords)
        std::erase_if(message.flags, [](const std::string& flag) { return flag[0] != '\\'; });
      message.date = item->date.value_or(imap::DateTime());
      message.bytes = std::make_shared<const std::string>(std::move(bytes));
      auto next = co_await io_.next_append();
      if (!next) co_return fail(next.error());
      item = std::move(*next);
    }
    const auto is_kept = [this](const Message& message) { return can_keep(message.flags); };
    if (!std::ranges::all_of(messages, is_kept)) {
      io_.put(tag_ + " BAD Command Argument Error. 11\r\n");
      co_return co_await io_.flush();
    }
    imap::SequenceSet uids;
    for (Message& message : messages) {
      const std::string& bytes = *message.bytes;
      if (mailbox_->merges_equal)
        std::erase_if(target->messages, [&](const Message& one) { return *one.bytes == bytes; });
      uids.add(target->add(std::move(message)));
    }
    if (mailbox_->has_labels) expunge_at_once(*target);
    tell();
    ok(fmt::format("[APPENDUID {} {}] appended", target->validity, uids.to_string()));
    co_return co_await io_.flush();
  }

  net::ImapServerIo io_;
  Accounts accounts_;
  Mailbox* mailbox_ = nullptr;
  std::shared_ptr<Folder> open_;
  std::vector<std::uint32_t> known_;  // UIDs, as the client numbers them
  std::string tag_;
  bool ended_ = false;
  bool qresync_ = false;
};

}  // namespace

std::uint32_t Folder::add(Message message) {
  static std::uint64_t last_id = 1'278'455'344'230'334'864;
  if (message.id == 0) message.id = ++last_id;
  message.uid = next++;
  touch(message);
  messages.push_back(std::move(message));
  return messages.back().uid;
}

Message* Folder::find(std::uint32_t uid) {
  const auto found = std::ranges::lower_bound(messages, uid, {}, &Message::uid);
  return found == messages.end() || found->uid != uid ? nullptr : &*found;
}

Mailbox::Mailbox() {
  for (const char* name : {"INBOX", "Sent", "Drafts", "Junk", "Trash"}) create(name);
}

std::shared_ptr<Folder> Mailbox::share(std::string_view name) {
  const auto found =
      std::ranges::find_if(folders_, [&](const auto& folder) { return folder->name == name; });
  return found == folders_.end() ? nullptr : *found;
}

Folder* Mailbox::find(std::string_view name) {
  return share(name).get();
}

Folder* Mailbox::create(const std::string& name) {
  if (find(name) != nullptr) return nullptr;
  const auto& folder = folders_.emplace_back(std::make_shared<Folder>());
  folder->name = name;
  folder->validity = ++last_validity_;
  return folder.get();
}

bool Mailbox::remove(std::string_view name) {
  return std::erase_if(folders_, [&](const auto& folder) { return folder->name == name; }) > 0;
}

bool Mailbox::rename(std::string_view from, const std::string& to) {
  Folder* const folder = find(from);
  if (folder == nullptr || find(to) != nullptr) return false;
  folder->name = to;
  return true;
}

void Mailbox::renumber(Folder& folder, std::uint32_t by) {
  folder.validity = ++last_validity_;
  folder.next += by;
  for (Message& message : folder.messages) {
    message.uid += by;
    folder.touch(message);
  }
}

Task<void> serve(net::StreamPtr stream, Accounts accounts) {
  GmailWords words(std::move(stream));
  Session session(words, std::move(accounts));
  co_await session.run();
}

}  // namespace tandem::sync::paper
