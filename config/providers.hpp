// Presets: what is known about mail providers (config/providers/*.json, compiled in). Each fact
// carries its confidence: high (the provider's own words) or medium (several independent sources).
// A preset is a start, not the truth: the preflight probes, and any key of the file overrides it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::config {

struct FolderNames;
struct SideSettings;

enum class Confidence : std::uint8_t { high, medium };

struct Words {
  std::string en, ja;
};

template <class T>
struct Fact {
  T value{};
  Confidence confidence = Confidence::medium;
};

struct Note {
  Words text;
  Confidence confidence = Confidence::medium;
};

struct Provider {
  std::string id;
  Words name;
  bool needs_host = false;   // `host =` must be given: the server's name is part of the contract
  Words host_hint;           // where to find it, with an example
  std::string host_default;  // pattern with {domain}, used if no host is given; empty: none
  // Keys: imap, pop3, smtp, submission. URLs with {host}, {domain}, {domain_dashes}.
  std::map<std::string, Fact<std::string>> endpoints;
  Fact<std::string> login{"{address}", Confidence::medium};
  Fact<std::string> master_login;          // pattern; empty: not offered
  Fact<unsigned> connection_limit;         // simultaneous IMAP connections per account; 0: unknown
  Fact<unsigned> connections_per_address;  // the same from one address, whoever's; 0: not counted
  Fact<std::uint64_t> message_size_limit;  // bytes; 0: unknown
  Fact<std::uint64_t> download_per_day;    // bytes of one mailbox in a day; 0: no quota is known
  Fact<std::uint64_t> upload_per_day;      // the same, of what is put there
  Fact<std::string> folder_prefix;         // "INBOX."; empty: none or unknown
  std::vector<Fact<std::string>> refused_in_folders;  // what no folder's name may hold
  std::vector<Fact<std::string>> reserved_folders;    // what no folder at the top may be called
  std::vector<Fact<std::string>> mx;      // host patterns with '*': recognise the provider by MX
  std::vector<Fact<std::string>> spf;     // include names
  std::vector<Fact<std::string>> quirks;  // words of quirk_words()
  std::vector<Note> notes;
};

// By id, all of them; read once. Any thread.
[[nodiscard]] std::span<const Provider> providers();
// nullptr: no such id.
[[nodiscard]] const Provider* find_provider(std::string_view id);
// Whose mail exchanger this is; nullptr: nobody's we know.
[[nodiscard]] const Provider* provider_of_mx(std::string_view mx_host);

// The words a preset's "quirks" may contain.
[[nodiscard]] std::span<const std::string_view> quirk_words();

// One preset file. Fails with invalid (the tests read every file with it).
[[nodiscard]] Result<Provider> parse_provider(std::string_view json);

// Fills what `side` leaves open (endpoints not set, log-in pattern empty, limits 0) from its
// provider's preset. Fails with invalid if the provider is unknown or needs a host that is missing.
[[nodiscard]] Result<void> apply_preset(SideSettings& side, std::string_view domain);

// What that side's provider refuses in names of folders; empty without a preset.
[[nodiscard]] FolderNames folder_names(const SideSettings& side);

// Old mail vanishes from that side by itself, after a time that its provider's administrator sets.
[[nodiscard]] bool lets_mail_vanish(const SideSettings& side);

// The side's provider takes log-ins by OAuth only, and the side has none.
[[nodiscard]] bool needs_oauth(const SideSettings& side);

}  // namespace tandem::config
