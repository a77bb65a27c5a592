#include "webui/describe_overview.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/json.hpp>

#include "config/migration_settings.hpp"
#include "config/providers.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/bottleneck.hpp"
#include "webui/context.hpp"
#include "webui/json.hpp"
#include "webui/totals.hpp"

namespace tandem::webui {
namespace json = boost::json;
using config::MigrationSettings;
using config::SideSettings;
using migration::CopyState;
using migration::Phase;
using migration::Side;

namespace {

// A side is taken for down when nobody in trouble there is an exception: no account is in sync or
// being copied.
bool is_down(const Totals& totals, std::uint64_t unreachable) {
  return unreachable > 0 && totals.in(State::copying) + totals.in(State::in_sync) +
                                    totals.in(State::in_sync_with_notes) ==
                                0;
}

std::string host_of(const SideSettings& side) {
  for (const auto* endpoint : {&side.imap, &side.pop3, &side.smtp, &side.submission}) {
    if (!*endpoint) continue;
    return (*endpoint)->in_process.empty() ? (*endpoint)->host : "this server";
  }
  return side.host;
}

std::string label_of(const SideSettings& side) {
  if (const auto* provider = config::find_provider(side.provider)) return provider->name.en;
  const std::string host = host_of(side);
  return host.empty() ? "?" : host;
}

json::object describe_side(const SideSettings& side, const Totals& totals,
                           const std::optional<Problem>& problem, std::uint64_t unreachable) {
  json::value reachable = nullptr;
  if (totals.last_pass) reachable = true;
  if (is_down(totals, unreachable)) reachable = false;
  json::value trouble = nullptr;
  if (problem) trouble = describe(*problem);
  return {{"label", label_of(side)},
          {"host", host_of(side)},
          {"reachable", std::move(reachable)},
          {"checked_at", time_or_null(totals.last_pass)},
          {"problem", std::move(trouble)}};
}

json::object sentence(std::string_view code, std::uint64_t count) {
  return {{"code", code}, {"count", count}};
}

json::object down_sentence(Side side, std::uint64_t count) {
  json::object down = sentence("side_unreachable", count);
  down["side"] = migration::name_of(side);
  return down;
}

// The one sentence on top of the page: the first that is true.
json::object sentence_of(const Totals& totals, const migration::DeliveryCounts& counts,
                         std::size_t switching) {
  const auto needs = totals.in(State::needs_you) + totals.in(State::failed);
  const auto ready = totals.in(State::in_sync) + totals.in(State::in_sync_with_notes) +
                     totals.in(State::rolled_back);
  const auto begun = totals.in(State::waiting) + totals.in(State::checking);
  if (totals.accounts == 0) return sentence("no_accounts", 0);
  if (is_down(totals, totals.unreachable_old))
    return down_sentence(Side::old_side, totals.unreachable_old);
  if (is_down(totals, totals.unreachable_new))
    return down_sentence(Side::new_side, totals.unreachable_new);
  if (counts.not_judged > 0) return sentence("filter_down", counts.not_judged);
  if (needs > 0) return sentence("needs_you", needs);
  if (counts.owed > 0) return sentence("owed", counts.owed);
  if (switching > 0) return sentence("switching", switching);
  if (totals.in(State::copying) > 0) return sentence("copying", totals.in(State::copying));
  if (begun > 0 && ready == 0) return sentence("checking", begun);
  if (totals.in(State::paused) > 0) return sentence("paused", totals.in(State::paused));
  if (ready > 0) return sentence("ready", ready);
  if (totals.in(State::done) == totals.accounts) return sentence("done", totals.accounts);
  return sentence("watching", totals.in(State::switched));
}

json::object describe_counts(const Totals& totals) {
  json::object counts;
  for (std::size_t i = 0; i < state_count; ++i)
    counts[name_of(static_cast<State>(i))] = totals.states[i];
  return counts;
}

json::object describe_phases(const Totals& totals) {
  json::object phases;
  for (const Phase phase : {Phase::old, Phase::mirror_old, Phase::mirror_new, Phase::finished})
    phases[wire_name(phase)] = totals.in(phase);
  return phases;
}

std::uint64_t bytes_left(const Totals& totals) {
  return totals.bytes_total - std::min(totals.bytes_done, totals.bytes_total);
}

json::object describe_migration(Context& context, const MigrationSettings& settings) {
  const auto accounts = context.accounts(settings.name);
  const Totals totals = add_up(accounts);
  const auto counts = context.delivery_counts(settings.name);
  const Clock& clock = context.parts.clock;
  const SteadyTime now = clock.steady();
  auto eta = context.rates.eta(settings.name, bytes_left(totals), now, clock.wall());
  for (const AccountState& one : accounts)
    if (one.eta && one.eta->limit) eta = later_of(eta, one.eta);
  json::array domains(settings.domains.begin(), settings.domains.end());
  return {{"name", settings.name},
          {"domains", std::move(domains)},
          {"sides",
           {{"old",
             describe_side(settings.old_side, totals, totals.old_problem, totals.unreachable_old)},
            {"new", describe_side(settings.new_side, totals, totals.new_problem,
                                  totals.unreachable_new)}}},
          {"sentence", sentence_of(totals, counts, context.news->runs.switching(settings.name))},
          {"accounts", totals.accounts},
          {"counts", describe_counts(totals)},
          {"phases", describe_phases(totals)},
          {"copied",
           {{"messages_done", totals.messages_done},
            {"messages_total", totals.messages_total},
            {"bytes_done", totals.bytes_done},
            {"bytes_total", totals.bytes_total}}},
          {"eta", describe_eta(eta)},
          {"bottleneck", describe_bottleneck(commonest_bottleneck(accounts, clock.wall()))},
          {"owed", describe_waiting(counts.owed)},
          {"debts", describe_waiting(counts.debts)},
          {"arrivals",
           {{"since", time_text(counts.since.value_or(context.started))},
            {"gateway", counts.accepted},
            {"old_direct", 0},
            {"old_local", 0},
            {"forwarded", 0}}}};
}

}  // namespace

json::object describe_waiting(std::uint64_t count) {
  return {{"count", count}, {"oldest_at", nullptr}};
}

json::object describe_overview(Context& context) {
  json::array migrations;
  for (const auto& settings : context.parts.registry.migrations())
    migrations.push_back(describe_migration(context, settings));
  return {{"at", time_text(context.parts.clock.wall())}, {"migrations", std::move(migrations)}};
}

}  // namespace tandem::webui
