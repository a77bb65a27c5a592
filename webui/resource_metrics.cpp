// GET /api/metrics: the figures of the page for a monitoring system, in Prometheus' text format
// 0.0.4. All but the last are gauges of the ledger's present state: nothing is counted twice here.
#include <chrono>
#include <fmt/format.h>
#include <iterator>

#include "config/migration_settings.hpp"
#include "lib/net/refusals.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/resources.hpp"
#include "webui/totals.hpp"

namespace tandem::webui {
namespace {

class Metrics {
 public:
  // The lines of one metric follow its head without another between them.
  void head(std::string_view name, std::string_view help, std::string_view type = "gauge") {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP tandemail_{} {}\n# TYPE tandemail_{} {}\n",
                   name, help, name, type);
  }
  // `labels`: name="value" pairs with commas, values of our own making.
  void add(std::string_view labels, double value) {
    fmt::format_to(std::back_inserter(text_), "tandemail_{}{}{}{} {}\n", name_,
                   labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

// What is written of each migration; its name is a file's name, made of plain characters.
struct Figures {
  std::string name;
  Totals totals;
  migration::DeliveryCounts mail;
};

std::string label(const Figures& of, std::string_view name, std::string_view value) {
  return fmt::format("migration=\"{}\",{}=\"{}\"", of.name, name, value);
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void add_states(Metrics& metrics, const std::vector<Figures>& all) {
  metrics.head("accounts", "Accounts by state.");
  for (const auto& one : all)
    for (std::size_t i = 0; i < state_count; ++i)
      metrics.add(label(one, "state", name_of(static_cast<State>(i))),
                  static_cast<double>(one.totals.states[i]));
}

void add_copies(Metrics& metrics, const std::vector<Figures>& all) {
  metrics.head("messages", "Messages at the reader's side, and of them at the other.");
  for (const auto& one : all) {
    metrics.add(label(one, "what", "all"), static_cast<double>(one.totals.messages_total));
    metrics.add(label(one, "what", "on_both_sides"), static_cast<double>(one.totals.messages_done));
  }
  metrics.head("bytes", "Bytes at the reader's side, and of them at the other.");
  for (const auto& one : all) {
    metrics.add(label(one, "what", "all"), static_cast<double>(one.totals.bytes_total));
    metrics.add(label(one, "what", "on_both_sides"), static_cast<double>(one.totals.bytes_done));
  }
}

// Of accounts that were in sync once; one that never was is in state waiting or copying.
void add_age(Metrics& metrics, const std::vector<Figures>& all, WallTime now) {
  metrics.head("oldest_pass_age_seconds",
               "How long ago the account that waits longest was last in sync.");
  for (const auto& one : all)
    metrics.add(fmt::format("migration=\"{}\"", one.name),
                seconds(now - one.totals.oldest_pass.value_or(now)));
}

void add_mail(Metrics& metrics, const std::vector<Figures>& all) {
  metrics.head("recipients", "Recipients of messages through the gateway, by outcome.");
  for (const auto& one : all) {
    metrics.add(label(one, "outcome", "delivered"), static_cast<double>(one.mail.accepted));
    metrics.add(label(one, "outcome", "refused"), static_cast<double>(one.mail.refused));
    metrics.add(label(one, "outcome", "returned"), static_cast<double>(one.mail.returned));
  }
  metrics.head("waiting", "Recipients for whom something is still to be done.");
  for (const auto& one : all) {
    metrics.add(label(one, "what", "answer"), static_cast<double>(one.mail.deferred));
    metrics.add(label(one, "what", "owed"), static_cast<double>(one.mail.owed));
    metrics.add(label(one, "what", "quarantined"), static_cast<double>(one.mail.quarantined));
    metrics.add(label(one, "what", "copy"), static_cast<double>(one.mail.mirrors_pending));
    metrics.add(label(one, "what", "debt"), static_cast<double>(one.mail.debts));
  }
}

}  // namespace

Task<HttpResponse> get_metrics(Context& context, const Request&) {
  std::vector<Figures> all;
  for (const auto& migration : context.parts.registry.migrations())
    all.push_back({.name = migration.name,
                   .totals = add_up(context.accounts(migration.name)),
                   .mail = context.delivery_counts(migration.name)});
  Metrics metrics;
  metrics.head("build_info", "Always 1; the version is its label.");
  metrics.add(fmt::format("version=\"{}\"", context.options.version), 1);
  metrics.head("start_time_seconds", "When the server started, since 1970.");
  metrics.add("", seconds(context.started.time_since_epoch()));
  add_states(metrics, all);
  add_copies(metrics, all);
  add_age(metrics, all, context.parts.clock.wall());
  add_mail(metrics, all);
  metrics.head("filter_not_judged", "Messages that a filter which is still down did not judge.");
  metrics.add("", static_cast<double>(context.delivery_counts("").not_judged));
  metrics.head("clients_refused_total", "Clients turned away since the start, by reason.",
               "counter");
  const auto refused = net::refusals();
  for (std::size_t i = 0; i < refused.size(); ++i)
    metrics.add(fmt::format("reason=\"{}\"", net::name_of(static_cast<net::Refusal>(i))),
                static_cast<double>(refused[i]));
  HttpResponse response{.status = 200, .headers = {}, .body = metrics.take()};
  response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  co_return response;
}

}  // namespace tandem::webui
