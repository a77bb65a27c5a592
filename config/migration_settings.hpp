// The settings of one migration: migrations/NAME.conf. Immutable once read; what changes while it
// runs (accounts, phases, epochs) is in the ledger. Endpoints are complete here: the provider's
// preset has been filled in, and keys of the file have taken precedence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/address_set.hpp"
#include "lib/net/compression.hpp"
#include "lib/net/endpoint.hpp"

namespace tandem::config {

// How a side's servers are logged in to by OAuth tokens (RFC 6749) instead of passwords.
enum class OAuthKind : std::uint8_t {
  none,           // by passwords, or by a master user
  microsoft,      // client credentials: one token opens every mailbox the application may enter
  google,         // a service account with domain-wide delegation: a token for each mailbox
  refresh_token,  // each account's stored password is its refresh token
};
[[nodiscard]] std::string_view name_of(OAuthKind kind);  // "refresh-token", as it is written

struct OAuthSettings {
  OAuthKind kind = OAuthKind::none;
  std::string tenant;  // Microsoft's: name or id of the organisation
  std::string client_id;
  std::string client_secret_file;
  std::string key_file;  // Google's JSON file of the service account
  // Complete here: what the file leaves open follows from the kind.
  std::string token_url;  // https, or http to loopback
  std::string token_pin;  // SHA-256 of that server's certificate, hex; empty: none
  std::string token_ca;   // PEM file; empty: the system's
  std::string scope;      // empty: what was granted with the refresh token
  bool operator==(const OAuthSettings&) const = default;
};

struct SideSettings {
  std::string provider;  // preset id (providers.hpp); empty: none
  std::string host;      // fills {host} of the preset
  std::optional<net::Endpoint> imap, pop3;
  std::optional<net::Endpoint> smtp;        // where mail for the domain is handed in: SMTP or LMTP
  std::optional<net::Endpoint> submission;  // where people send
  std::string login = "{address}";          // pattern, see login_pattern.hpp
  std::string master_user;                  // empty: each account's own password is used
  std::string master_login;                 // pattern with {login} and {master}, or "authzid"
  std::string master_password_file;
  // People whose password for this side is not stored, and who show the other side's stored one,
  // are logged in by the master user.
  bool master_for_people = false;
  OAuthSettings oauth;
  bool forward_client = false;  // its servers trust us: they are told each client's address
  net::Compression compress = net::Compression::slow_links;  // of its IMAP connections
  std::vector<std::string> source_addresses;  // of ours, to come from; the endpoints have them
  // Bytes of one mailbox that the sync moves in any 24 hours; 0: as many as there are. Nothing: not
  // written, and no preset knows.
  std::optional<std::uint64_t> download_per_day, upload_per_day;
  // How many connections its servers take from one address of ours at a time, if they count them
  // so: everybody's come from it. 0: they do not. Nothing: not written, and no preset knows.
  std::optional<unsigned> connections_per_address;
  // From the preset; 0: not known.
  unsigned connection_limit = 0;
  std::uint64_t message_size_limit = 0;

  // The same for all our addresses together; 0: its servers do not count them so.
  [[nodiscard]] std::size_t most_connections() const {
    const std::size_t addresses = source_addresses.empty() ? 1 : source_addresses.size();
    return connections_per_address.value_or(0) * addresses;
  }
  bool operator==(const SideSettings&) const = default;
};

enum class Mirror : std::uint8_t {
  append,  // IMAP APPEND into the mirror's INBOX
  quiet,   // a message with the null sender, for mailboxes that cannot be appended to
  off,     // no copy: the sync alone carries arrivals over
};

// What becomes of a recipient whom the reader's side does not know.
enum class OnUnknown : std::uint8_t {
  fallback,  // the other side gets the message, if it knows the recipient
  defer,     // the sender tries again, as long as the other side or the account list knows him
  reject,    // the reader's side has the last word
};

enum class WhenHomeIsDown : std::uint8_t {
  defer,  // the sender tries again
  spool,  // taken for those who got mail in the last day, and delivered when the side is back
};

// Who takes what people send after they have logged in.
enum class Submission : std::uint8_t {
  gateway,      // recipients of ours by the gateway, all others by the person's own server
  passthrough,  // the person's own server, all of it
};

struct GatewaySettings {
  bool enabled = true;  // false: the MX goes straight from old to new
  Mirror mirror = Mirror::append;
  OnUnknown on_unknown = OnUnknown::fallback;
  WhenHomeIsDown when_home_is_down = WhenHomeIsDown::defer;
  Submission submission = Submission::gateway;
  // How long a message that was handed over and never answered may still be on its way into the
  // mailbox before it counts as not delivered.
  Duration in_doubt = std::chrono::minutes(5);
  // How long delivery of a message that was accepted is tried before its sender is told.
  Duration give_up_after = std::chrono::days(4);
  Duration tell_delay_after = std::chrono::hours(4);

  [[nodiscard]] bool routes_submission() const {
    return enabled && submission == Submission::gateway;
  }
  bool operator==(const GatewaySettings&) const = default;
};

// Who sends on what machines that may relay send to other domains.
enum class RelayVia : std::uint8_t { off, old_side, new_side };

// Machines that cannot log in: scanners, web forms.
struct RelaySettings {
  net::AddressSet from;              // they; empty: there is no relay
  std::vector<std::string> senders;  // "scan@example.jp", or "@example.jp" for any of the domain
  bool tls_required = true;
  unsigned per_hour = 100;  // messages of one machine
  RelayVia via = RelayVia::off;
  std::string via_user;
  std::string via_password_file;  // empty: by a token of that side's `oauth`
  bool operator==(const RelaySettings&) const = default;
};

// "From -> To": a folder of the old side and its name on the new side, children included.
struct FolderMap {
  std::string from, to;  // UTF-8, as people see them
  bool operator==(const FolderMap&) const = default;
};

// What a side's servers refuse in names of folders, as its preset knows; empty: nothing is known.
struct FolderNames {
  std::vector<std::string> refused;   // texts that may not stand in a name: "^"
  std::vector<std::string> reserved;  // names that no folder at the top may have: "Files"
  bool operator==(const FolderNames&) const = default;
};

struct SyncSettings {
  std::vector<std::string> exclude;  // folder names of the old side, children included
  std::vector<FolderMap> map;
  FolderNames old_names, new_names;  // from the sides' presets
  // What is removed at home is moved to the quarantine folder on the other side, if we copied it.
  bool propagate_deletes = false;
  // In one pass more than so many of a folder, and more than so many percent of it, are left alone
  // until a person decides; the same of all folders together.
  unsigned brake_messages = 50;
  unsigned brake_percent = 5;
  Duration quarantine_time{0};  // then it is removed for good; zero: never
  bool operator==(const SyncSettings&) const = default;
};

struct MigrationSettings {
  std::string name;                  // the file's name without ".conf"
  std::vector<std::string> domains;  // lower-case ASCII, at least one
  SideSettings old_side, new_side;
  GatewaySettings gateway;
  RelaySettings relay;
  SyncSettings sync;
  bool operator==(const MigrationSettings&) const = default;
};

}  // namespace tandem::config
