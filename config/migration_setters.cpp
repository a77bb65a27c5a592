#include "config/migration_setters.hpp"

#include "config/migration_settings.hpp"
#include "config/units.hpp"

namespace tandem::config {
namespace {

struct TimeLimits {
  Duration least, most;
  std::string_view words;    // "1s to 1h"
  std::string_view example;  // "5min"
};

Outcome take_time(Duration& setting, const Value& value, const TimeLimits& limits) {
  const auto time = parse_duration(value.text);
  if (!time || *time < limits.least || *time > limits.most)
    return Fault{
        fmt::format("\"{}\" is not a time from {}.", printable(value.text, 60), limits.words),
        fmt::format("Write it like {}.", limits.example)};
  setting = *time;
  return std::nullopt;
}

// Not so many machines that nobody can know them all.
bool is_wide(std::string_view network) {
  const auto slash = network.find('/');
  if (slash == std::string_view::npos) return false;
  const auto length = parse_number(network.substr(slash + 1));
  return length && *length < (network.find(':') == std::string_view::npos ? 16U : 48U);
}

}  // namespace

Outcome set_domain(MigrationSettings& settings, const Value& value) {
  for (const auto& word : parse_list(value.text)) {
    auto domain = parse_domain(word);
    if (!domain)
      return Fault{fmt::format("\"{}\" is not a domain.", printable(word, 60)),
                   "Write it like example.co.jp."};
    settings.domains.push_back(std::move(*domain));
  }
  return std::nullopt;
}

Outcome set_in_doubt(MigrationSettings& settings, const Value& value) {
  return take_time(settings.gateway.in_doubt, value,
                   {std::chrono::seconds(1), std::chrono::hours(1), "1s to 1h", "5min"});
}

Outcome set_give_up_after(MigrationSettings& settings, const Value& value) {
  return take_time(settings.gateway.give_up_after, value,
                   {std::chrono::hours(1), std::chrono::days(14), "1h to 14d", "4d"});
}

Outcome set_tell_delay_after(MigrationSettings& settings, const Value& value) {
  return take_time(settings.gateway.tell_delay_after, value,
                   {std::chrono::minutes(15), std::chrono::days(14), "15min to 14d", "4h"});
}

Outcome set_relay_from(MigrationSettings& settings, const Value& value) {
  for (const auto& word : parse_list(value.text)) {
    if (is_wide(word))
      return Fault{
          fmt::format("\"{}\" is too many machines to let them send.", printable(word, 60)),
          "Name the machines, or networks of at most /16 (IPv6: /48)."};
    if (const auto added = settings.relay.from.add(word); !added)
      return Fault{added.error().what, added.error().next_step};
  }
  return std::nullopt;
}

Outcome set_relay_sender(MigrationSettings& settings, const Value& value) {
  for (const auto& word : parse_list(value.text)) {
    const auto at = word.rfind('@');
    const auto domain = at == std::string::npos ? std::nullopt : parse_domain(word.substr(at + 1));
    if (!domain)
      return Fault{fmt::format("\"{}\" is neither an address nor @domain.", printable(word, 60)),
                   "Write it like scan@example.co.jp, or @example.co.jp for any of that domain."};
    settings.relay.senders.push_back(word.substr(0, at + 1) + *domain);
  }
  return std::nullopt;
}

// "never" is told from a time.
Outcome set_quarantine_time(MigrationSettings& settings, const Value& value) {
  settings.sync.quarantine_time = Duration::zero();
  if (iequals(value.text, "never")) return std::nullopt;
  return take_time(settings.sync.quarantine_time, value,
                   {std::chrono::hours(1), std::chrono::days(365), "1h to 365d, or never", "30d"});
}

Outcome set_exclude(MigrationSettings& settings, const Value& value) {
  std::string folder;
  if (auto fault = take_text(folder, value)) return fault;
  settings.sync.exclude.push_back(std::move(folder));
  return std::nullopt;
}

Outcome set_map(MigrationSettings& settings, const Value& value) {
  constexpr std::string_view arrow = " -> ";
  const auto at = value.text.find(arrow);
  if (at == std::string_view::npos || value.text.find(arrow, at + 1) != std::string_view::npos)
    return Fault{"This is not \"from -> to\".", "Write it like map = 送信済み -> Sent."};
  FolderMap map{std::string(trim(value.text.substr(0, at))),
                std::string(trim(value.text.substr(at + arrow.size())))};
  if (map.from.empty() || map.to.empty())
    return Fault{"A folder's name is missing.", "Write it like map = 送信済み -> Sent."};
  for (const auto& earlier : settings.sync.map)
    if (earlier.from == map.from)
      return Fault{fmt::format("{} is mapped twice.", printable(map.from, 60)),
                   "Remove one of the two lines."};
  settings.sync.map.push_back(std::move(map));
  return std::nullopt;
}

}  // namespace tandem::config
