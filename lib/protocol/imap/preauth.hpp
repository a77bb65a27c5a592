// All of an IMAP session before log-in, as a machine: bytes in, actions out. It serves CAPABILITY,
// NOOP, LOGOUT, ID, STARTTLS, LOGIN and AUTHENTICATE (RFC 9051 6.1, 6.2; SASL-IR RFC 4959) itself,
// refuses everything else, and stops when credentials are there: the owner checks them and either
// refuses (the session goes on) or takes the connection over with what was read ahead.
//
// Bounds: Limits::command bytes and one read are held (T-15), larger literals are refused unseen
// (T-16). Bytes after STARTTLS end the session (T-01); TLS forgets what was said before it (T-03).
// A client that speaks HTTP or TLS here is cut off without an answer, any other after max_errors
// errors (T-06). No byte of the client is ever repeated but its tag. The total time is the owner's
// deadline (T-18).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/protocol/imap/command_reader.hpp"

namespace tandem::imap {

class Preauth {
 public:
  struct Settings {
    std::string greeting = "ready";
    std::vector<std::string> capabilities = {"IMAP4rev1", "LITERAL-", "SASL-IR", "ID"};
    std::vector<std::string> mechanisms = {"PLAIN", "LOGIN"};  // as AUTH=…
    bool starttls = true;            // offer it while the connection is in the clear
    bool tls_before_login = true;    // no credentials in the clear: LOGINDISABLED
    std::size_t max_errors = 3;      // then BYE
    std::size_t max_commands = 100;  // of any kind; then BYE
    std::vector<std::pair<std::string, std::string>> id;  // what we say of ourselves
    CommandReader::Limits limits = {.command = 6144, .non_synchronising = 4096};
  };
  enum class Action : std::uint8_t {
    need_input,     // send output(), then feed
    start_tls,      // send output(), do the handshake, then tls_started()
    close,          // send output(), then close
    login,          // user() and password() of LOGIN are there
    sasl_begin,     // mechanism() and perhaps response(): answer with challenge(), refuse() or take
                    // over
    sasl_response,  // response() to the last challenge: likewise
    sasl_ended,     // the client gave the exchange up; it was answered
  };

  Preauth(Settings settings, bool tls_active);
  ~Preauth();

  [[nodiscard]] std::span<char> space(std::size_t bytes = 2048) { return reader_.space(bytes); }
  void filled(std::size_t bytes) { reader_.filled(bytes); }
  void feed(std::string_view bytes) { reader_.feed(bytes); }
  [[nodiscard]] Action next();
  // What is to be sent, the greeting first. Emptied by taking.
  [[nodiscard]] std::string take_output() { return std::exchange(out_, {}); }

  void tls_started();
  // A further step of SASL, bytes before base64.
  void challenge(std::string_view bytes);
  // The credentials are not taken: tagged NO, e.g. ("AUTHENTICATIONFAILED", "Log-in failed").
  void refuse(std::string_view code, std::string_view text);
  // The owner goes on alone: the bytes read ahead, which belong to the time after log-in.
  [[nodiscard]] std::string take_rest() { return reader_.take_rest(); }

  [[nodiscard]] const std::string& tag() const { return tag_; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] const std::string& password() const { return password_; }
  [[nodiscard]] const std::string& mechanism() const { return mechanism_; }
  [[nodiscard]] const std::optional<std::string>& response() const { return response_; }
  // What the client said of itself last, at most 30 fields; never to be trusted or forwarded
  // (T-24).
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& client_id() const {
    return client_id_;
  }
  [[nodiscard]] std::string capability_text() const;  // "IMAP4rev1 …", as things stand
  [[nodiscard]] std::size_t memory() const;           // bytes held

 private:
  struct Serve;
  Action command(std::string_view text);
  Action sasl_line(std::string_view line);
  std::optional<Action> bad(const CommandError& error);
  Action end(std::string_view goodbye);
  void answer(std::string_view status, std::string_view text);
  void forget();
  [[nodiscard]] bool login_allowed() const { return tls_ || !settings_.tls_before_login; }

  Settings settings_;
  CommandReader reader_;
  bool tls_;
  bool closed_ = false;
  bool in_sasl_ = false;
  std::size_t errors_ = 0;
  std::size_t commands_ = 0;
  std::string out_;
  std::string tag_;
  std::string user_;
  std::string password_;
  std::string mechanism_;
  std::optional<std::string> response_;
  std::vector<std::pair<std::string, std::string>> client_id_;
};

}  // namespace tandem::imap
