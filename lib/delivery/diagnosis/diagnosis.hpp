// Says what a mail server's refusal means: the error catalogue, asked with the server's words.
// Pure, no sockets; any thread. The catalogue is data (catalogue/*.json), compiled in.
//
// What is looked at, in this order; the first that answers decides the class:
//   1. an entry of the catalogue whose words are found (and whose host fits, where one is known)
//   2. general words ("mailbox is full")
//   3. an entry by the host and its enhanced status code (Google's 5.7.27 is not RFC 7372's)
//   4. the enhanced status code (RFC 3463, RFC 5248), where it has one meaning only
//   5. vague words ("policy"), then the command that was refused for good
//   6. the vaguest ("access denied"), any status code, the reply code (RFC 5321 4.2)
// Whether it is temporary is what the server said (4yz or 5yz), where it said so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/both_languages.hpp"

namespace tandem::delivery {

// What kind of refusal it is. catalogue/classes.json says of each what it means and who must act.
enum class ErrorClass : std::uint8_t {
  unknown_mailbox,        // no such address
  mailbox_moved,          // it was there
  mailbox_disabled,       // it is there and switched off
  mailbox_full,           // over quota
  refused_by_recipient,   // a filter of the reader's own
  unknown_domain,         // not in DNS
  domain_takes_no_mail,   // in DNS, without a server for mail
  too_large,              // over a size limit
  spam,                   // taken for spam by its content
  virus,                  // taken for a virus
  malformed,              // not RFC 5322, MIME or SMTPUTF8 as the server wants it
  sender_authentication,  // SPF, DKIM, DMARC
  reverse_dns,            // PTR of the sending address
  blocked,                // the sending address is refused or on a list
  sender_refused,         // the sender's mail address is refused
  policy,                 // a rule of the server's
  relay_denied,           // not responsible for the domain, or no log-in
  not_authorized,         // log-in or encryption is missing or wrong
  tls,                    // no encrypted connection
  rate_limit,             // too much in a short time
  greylisted,             // delayed on purpose
  server_full,            // disk
  server_fault,           // broken or closed just now
  delivery_program,       // a program behind the mailbox failed
  loop,                   // runs in a circle
  unreachable,            // no connection, no answer, time is over
  protocol,               // a command was not understood
  suppressed,             // not even tried
  complaint,              // no refusal: a spam report (RFC 5965)
  auto_reply,             // no refusal: an automatic answer (RFC 3834)
  delivered,              // no refusal: a success
  unclear,                // refused without a reason
};
[[nodiscard]] std::string_view name_of(ErrorClass error_class);
[[nodiscard]] std::optional<ErrorClass> parse_error_class(std::string_view name);

// Who has to do something.
enum class Actor : std::uint8_t {
  sender,         // who wrote the message
  mailbox_owner,  // whose mailbox it is
  migration,      // whoever runs the migration
  old_host,       // the provider of the old side
  new_host,       // the provider of the new side, or of the sending server
  other_side,     // the administrator of the server that refused
  nobody,         // it settles itself
};
[[nodiscard]] std::string_view name_of(Actor actor);  // as in the catalogue: "mailbox-owner"
[[nodiscard]] const mail::BothLanguages& words_for(Actor actor);

enum class Retry : std::uint8_t {
  by_itself,  // the queue tries again
  after_fix,  // it works only once somebody has acted
  useless,    // this message will not be taken
};
[[nodiscard]] std::string_view name_of(Retry retry);  // as in the catalogue: "auto"

// How well founded a statement is.
enum class Confidence : std::uint8_t {
  high,    // the server's source or its vendor's page says so
  medium,  // samples or several public notes; or the server's own general words or code
  low,     // background knowledge, or nothing but a code that is used for many things
};
[[nodiscard]] std::string_view name_of(Confidence confidence);

// What the class was read from.
enum class Basis : std::uint8_t { entry, words, status_code, reply_code, nothing };
[[nodiscard]] std::string_view name_of(Basis basis);

// Which command was refused, as far as the text around tells. A refusal without a reason is about
// what the server knew by then: the address of the client, the sender, the recipient, the content.
enum class Stage : std::uint8_t { unknown, connection, sender, recipient, content };
[[nodiscard]] Stage read_stage(std::string_view text);

// What one server said. Everything may be missing.
struct ServerWords {
  int code = 0;          // reply code: 550
  std::string status;    // enhanced status code: "5.1.1"
  std::string text;      // its words, codes allowed among them; 64 KiB are looked at
  std::string host;      // its host name
  std::string provider;  // id of a preset (config/providers): "google"
  Stage stage = Stage::unknown;
  std::string context{};  // other text about the same refusal; asked where `text` tells nothing
};

// Takes reply code and status code out of "550-5.1.1 …", "… said: 550 5.1.1 …", "… (#5.1.1)".
[[nodiscard]] ServerWords read_server_words(std::string_view text);

struct Diagnosis {
  ErrorClass error_class = ErrorClass::unclear;
  bool temporary = false;  // the server may take it unchanged another time
  Retry retry = Retry::after_fix;
  Actor who = Actor::migration;
  Confidence confidence = Confidence::low;
  Basis basis = Basis::nothing;
  mail::BothLanguages cause;      // one or two sentences
  mail::BothLanguages next_step;  // what `who` can do
  std::string entry;              // id in the catalogue; empty: none
  std::string source;             // whose words they are: "Postfix"; empty: not known
  std::string example;            // the catalogue's example of such words; or empty
  int code = 0;                   // what was read from the text
  std::string status;
};

[[nodiscard]] Diagnosis diagnose(const ServerWords& said);
// Of a class alone: what classes.json says.
[[nodiscard]] Diagnosis diagnosis_of(ErrorClass error_class);

}  // namespace tandem::delivery
