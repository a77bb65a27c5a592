// A hostile IMAP client before log-in (T-01, T-15…T-19): bounded memory, and answers that are whole
// lines at any split.
#include <string>

#include "lib/protocol/imap/preauth.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;
using Action = imap::Preauth::Action;

namespace {

class Session {
 public:
  explicit Session(bool tls) : machine_({}, tls) {}
  void feed(std::string_view bytes) {
    if (closed_) return;
    machine_.feed(bytes);
    while (!closed_) {
      const Action action = machine_.next();
      said_ += machine_.take_output();
      if (action == Action::need_input) break;
      act(action);
    }
    fuzz::require(machine_.memory() <= 16 * 1024, "at most 16 KiB before log-in (T-15)");
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  void act(Action action) {
    switch (action) {
      case Action::start_tls: machine_.tls_started(); break;
      case Action::sasl_begin: machine_.challenge("Username:"); break;
      case Action::login:
      case Action::sasl_response: machine_.refuse("AUTHENTICATIONFAILED", "Log-in failed"); break;
      case Action::close: closed_ = true; break;
      case Action::need_input:
      case Action::sasl_ended: break;
    }
  }
  imap::Preauth machine_;
  std::string said_;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  for (const bool tls : {false, true}) {
    Session session(tls);
    fuzz::in_pieces(input, 40, [&](std::string_view piece) { session.feed(piece); });
    fuzz::require(fuzz::is_clean(session.said()), "answers are whole lines (T-21)");
  }
  return 0;
}
