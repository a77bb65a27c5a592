// What network or data can cause is a value: Result<T> is T or an Error that names what failed,
// whose side it was, whether trying again can help, the other party's own words and the next step.
// Exceptions are for start-up and bugs only.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tandem {

// Who caused an error, or whom it concerns.
enum class Origin : std::uint8_t {
  us,        // this program or this machine
  old_side,  // the provider that is being left
  new_side,  // the provider that is being moved to
  client,    // whoever connected to us
  other,     // anybody else (a resolver, a web hook)
};

enum class ErrorKind : std::uint8_t {
  closed,          // the connection ended
  timed_out,       // a deadline passed
  cancelled,       // we stopped it ourselves (shutdown, kick)
  unreachable,     // no address, no route, refused
  tls,             // handshake or certificate
  protocol,        // the other party said what its protocol does not allow
  limit,           // a bound of ours was reached
  refused,         // a clear "no" from the other party
  authentication,  // log-in refused
  not_found,       // no such account, mailbox, message, file
  conflict,        // already there, or changed underneath
  storage,         // disk, database
  invalid,         // unusable input: a file, a setting, an argument
  internal,        // a bug, said politely
};

[[nodiscard]] std::string_view name_of(ErrorKind kind);
[[nodiscard]] std::string_view name_of(Origin origin);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string what;  // one sentence, without secrets: what failed and where
  Origin origin = Origin::us;
  bool temporary = false;    // trying again later, unchanged, can succeed
  std::string server_words;  // the other party's own text, unchanged but bounded (1 KiB)
  std::string next_step;     // what a person should do; empty: nothing

  // One line for a log or a terminal: what, the server's words and the next step.
  [[nodiscard]] std::string to_string() const;
};

template <class T>
using Result = std::expected<T, Error>;

// Short forms for the usual ways of failing.
[[nodiscard]] std::unexpected<Error> fail(ErrorKind kind, std::string what);
[[nodiscard]] std::unexpected<Error> fail(Error error);

}  // namespace tandem
