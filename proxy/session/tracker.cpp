#include "proxy/session/tracker.hpp"

#include "proxy/session/imap_tracker.hpp"
#include "proxy/session/pop3_tracker.hpp"
#include "proxy/session/smtp_tracker.hpp"

namespace tandem::session {

std::unique_ptr<Tracker> make_tracker(net::Protocol protocol, const std::string& hostname) {
  switch (protocol) {
    case net::Protocol::imap: return std::make_unique<ImapTracker>();
    case net::Protocol::pop3: return std::make_unique<Pop3Tracker>();
    default: return std::make_unique<SmtpTracker>(hostname);
  }
}

}  // namespace tandem::session
