#include "server/imap/session.hpp"

#include <utility>

#include "lib/protocol/imap/write.hpp"
#include "server/imap/answer.hpp"

namespace tandem::server {
namespace {

net::ImapServerIo::Settings io_settings() {
  net::ImapServerIo::Settings settings;
  settings.limits.command = 1024 * 1024;  // long UID sets of old clients
  return settings;
}

}  // namespace

ImapSession::ImapSession(net::Stream& stream, Accounts& accounts, Mailboxes& mailboxes,
                         ServerSettings settings, LoggedIn login)
    : io_(stream, io_settings()),
      accounts_(accounts),
      mailboxes_(mailboxes),
      settings_(std::move(settings)),
      account_(login.account),
      login_tag_(std::move(login.tag)),
      rest_(std::move(login.rest)) {}

void ImapSession::stop() {
  stopping_ = true;
  io_.notify();
  if (waiting_) io_.stream().expires_after(Duration::zero());
}

ImapSession::Done ImapSession::goodbye(std::string text) {
  io_.stream().expires_after(std::chrono::seconds(5));
  io_.put("* BYE " + text + "\r\n");
  ended_ = true;
  co_return co_await io_.flush();
}

net::Task<void> ImapSession::run(net::TaskGroup& group) {
  const auto handle = group.on_stop([this] { stop(); });
  if (!rest_.empty()) io_.reader().feed(std::exchange(rest_, {}));
  io_.put(login_tag_ + " OK [CAPABILITY " + imap_capabilities(settings_.message_size) +
          "] Logged in\r\n");
  while (!ended_) {
    if (stopping_) {
      (void)co_await goodbye("Server is shutting down");
      break;
    }
    waiting_ = true;
    auto next = co_await io_.next();
    waiting_ = false;
    if (!next && stopping_) continue;
    if (!next && next.error().kind == ErrorKind::timed_out)
      (void)co_await goodbye("Idle for too long");
    if (!next || !*next) break;
    const auto done = co_await command(std::move(**next));
    if (!done) break;
  }
  selected_.reset();
  (void)co_await io_.stream().shutdown_send();
}

void ImapSession::tell(bool expunges) {
  if (!selected_) return;
  std::string out;
  const auto told = selected_->tell(out, modes_, expunges);
  io_.put(out);
  if (told && *told) return;
  // RFC 2180 4.1: nothing true can be said of a mailbox that another session deleted.
  io_.put(told ? "* BYE Selected mailbox was deleted\r\n" : "* BYE Storage cannot be read\r\n");
  ended_ = true;
}

ImapSession::Done ImapSession::finish(std::string tag, std::string answer, bool expunges) {
  tell(expunges);
  if (!ended_) io_.put(tag + " " + answer + "\r\n");
  if (ended_) co_return co_await io_.flush();
  const std::string_view nothing;
  co_return co_await io_.write(nothing);
}

ImapSession::Done ImapSession::no(std::string tag, Error error, std::string code) {
  if (code.empty()) code = response_code(error);
  std::string text = imap::line_text(error.what);
  return finish(std::move(tag), "NO [" + code + "] " + text, false);
}

imap::SequenceSet ImapSession::resolve(const imap::SequenceSet& set, bool uid) const {
  if (set.is_saved_result()) return selected_->view().known(saved_);
  return uid ? selected_->view().known(set) : selected_->view().uids_of(set);
}

// A message number beyond the last is the client's error (RFC 3501 9, seq-number); a UID is not.
bool ImapSession::out_of_range(const imap::SequenceSet& set, bool uid) const {
  const std::uint32_t size = selected_->view().size();
  if (uid || set.is_saved_result() || size == 0) return false;
  for (const auto range : set.ranges())
    if (range.first > size || range.last > size) return true;
  return false;
}

struct ImapSession::Dispatch {
  ImapSession& session;
  std::string tag;

  using Done = ImapSession::Done;
  Done operator()(imap::command::Capability&) { return session.capability(tag); }
  Done operator()(imap::command::Noop&) { return session.ok(tag, "Done"); }
  Done operator()(imap::command::Check&) { return selected(session.ok(tag, "Checked")); }
  Done operator()(imap::command::Logout&) {
    session.io_.put("* BYE Logging out\r\n" + tag + " OK Logged out\r\n");
    session.ended_ = true;
    return session.io_.flush();
  }
  Done operator()(imap::command::StartTls&) { return session.bad(tag, "Already logged in"); }
  Done operator()(imap::command::Login&) { return session.bad(tag, "Already logged in"); }
  Done operator()(imap::command::Authenticate&) { return session.bad(tag, "Already logged in"); }
  Done operator()(imap::command::Id&) {
    session.io_.put("* ID (\"name\" \"Tandemail\")\r\n");
    return session.ok(tag, "Done");
  }
  Done operator()(imap::command::Namespace&) {
    session.io_.put("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    return session.ok(tag, "Done");
  }
  Done operator()(imap::command::Enable& c) { return session.enable(tag, std::move(c)); }
  Done operator()(imap::command::Idle&) { return session.idle(tag); }
  Done operator()(imap::command::Select& c) { return session.select(tag, std::move(c)); }
  Done operator()(imap::command::Close&) { return selected(session.close(tag, true)); }
  Done operator()(imap::command::Unselect&) { return selected(session.close(tag, false)); }
  Done operator()(imap::command::List& c) { return session.list(tag, std::move(c)); }
  Done operator()(imap::command::Status& c) { return session.status(tag, std::move(c)); }
  Done operator()(imap::command::Create& c) { return session.create(tag, std::move(c)); }
  Done operator()(imap::command::Delete& c) { return session.remove(tag, std::move(c)); }
  Done operator()(imap::command::Rename& c) { return session.rename(tag, std::move(c)); }
  Done operator()(imap::command::Subscribe& c) { return session.subscribe(tag, std::move(c)); }
  Done operator()(imap::command::Append& c) { return session.append(tag, std::move(c)); }
  Done operator()(imap::command::Fetch& c) { return selected(session.fetch(tag, std::move(c))); }
  Done operator()(imap::command::Store& c) { return writable(session.store(tag, std::move(c))); }
  Done operator()(imap::command::Copy& c) {
    if (c.move) return writable(session.copy(tag, std::move(c)));
    return selected(session.copy(tag, std::move(c)));
  }
  Done operator()(imap::command::Expunge& c) {
    return writable(session.expunge(tag, std::move(c)));
  }
  Done operator()(imap::command::Search& c) { return selected(session.search(tag, std::move(c))); }

  // A task that is not started does nothing.
  Done selected(Done run) {
    if (session.has_selected()) return run;
    return session.bad(tag, "No mailbox is selected");
  }
  Done writable(Done run) {
    if (!session.has_selected() || !session.selected_->read_only()) return selected(std::move(run));
    return session.finish(tag, "NO [CANNOT] The mailbox is open for reading only", false);
  }
};

ImapSession::Done ImapSession::command(imap::Command command) {
  Dispatch dispatch{*this, command.tag};
  co_return co_await std::visit(dispatch, command.body);
}

}  // namespace tandem::server
