// What the page sees of the journal. Reading failures give empty answers: the page says "unknown"
// through its health check, and mail does not depend on it.
#include <utility>

#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/journal_rows.hpp"

namespace tandem::gateway {
namespace {

std::string like(const std::string& search) {
  std::string pattern = "%";
  for (const char c : search) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

std::string answer_of(HomeState state, const std::string& words) {
  switch (state) {
    case HomeState::sent: return "not answered yet";
    case HomeState::accepted: return "250";
    case HomeState::refused: return words;
    case HomeState::not_sent: return "not answered; the sender tries again";
    case HomeState::owed:
    case HomeState::owed_sent:
    case HomeState::returned:
    case HomeState::quarantined:
    case HomeState::dropped: return words.empty() ? "250" : "250; then: " + words;
  }
  return "";
}

// The words of a row whose home side has the message are about the copy.
std::string mirror_words(HomeState home, MirrorState mirror, std::string words) {
  const bool missing = mirror == MirrorState::debt || mirror == MirrorState::waived;
  return home == HomeState::accepted && missing ? std::move(words) : std::string();
}

}  // namespace

std::uint64_t Journal::pending_mirrors(AccountId account) const {
  const auto count = store_.read([&](store::Sql& sql) {
    return sql.integer(
        "SELECT sum(recipients) FROM gateway_total WHERE account = $1 AND mirror_state IN (1, 2, "
        "4)",
        account);
  });
  return count && *count ? static_cast<std::uint64_t>(**count) : 0;
}

bool Journal::had_mail(const std::string& recipient, WallTime since) const {
  const auto count = store_.read([&](store::Sql& sql) {
    return sql.integer(
        "SELECT count(*) FROM gateway_recipient r JOIN gateway_message m USING (trace) "
        "WHERE r.recipient = $1 AND r.home_state = $2 AND m.at_ms >= $3",
        recipient, HomeState::accepted, to_ms(since));
  });
  return count && count->value_or(0) > 0;
}

bool Journal::passed(const std::string& trace, const std::string& recipient) const {
  const auto count = store_.read([&](store::Sql& sql) {
    return sql.integer("SELECT count(*) FROM gateway_recipient WHERE trace = $1 AND recipient = $2",
                       trace, recipient);
  });
  return count && count->value_or(0) > 0;
}

std::vector<migration::QueueItem> Journal::queue(std::size_t limit) const {
  auto found = store_.read([&](store::Sql& sql) -> Result<std::vector<migration::QueueItem>> {
    std::vector<migration::QueueItem> list;
    auto rows = sql.query(
        "SELECT r.trace, m.at_ms, m.sender, r.recipient, r.home_state, r.mirror_state, r.words, "
        "r.home, r.mirror, r.attempts, r.due_ms, m.size, m.report_on, r.doubled "
        "FROM gateway_recipient r JOIN gateway_message m USING (trace) "
        "WHERE r.home_state IN (4, 5, 7) OR r.mirror_state = 4 ORDER BY r.id LIMIT $1",
        limit);
    while (rows.next()) {
      const auto home = rows.as<HomeState>(4);
      const bool debt = rows.as<MirrorState>(5) == MirrorState::debt;
      const bool waits = !debt && home == HomeState::owed_sent;
      list.push_back({.trace_id = rows.text(0),
                      .at = WallTime{Duration{rows.integer(1)}},
                      .sender = rows.text(2),
                      .recipient = rows.text(3),
                      .kind = debt ? "debt" : std::string(name_of(home)),
                      .side = rows.as<Side>(debt ? 8 : 7),
                      .words = rows.text(6),
                      .attempts = static_cast<unsigned>(rows.integer(9)),
                      .report_on = rows.text(12),
                      .size = static_cast<std::uint64_t>(rows.integer(11)),
                      .may_be_double = rows.integer(13) != 0});
      if (!waits && home != HomeState::quarantined)
        list.back().due = WallTime{Duration{rows.integer(10)}};
    }
    if (!rows.status()) return fail(rows.status().error());
    return list;
  });
  return found ? std::move(*found) : std::vector<migration::QueueItem>{};
}

std::vector<migration::Delivery> Journal::recent(std::size_t limit,
                                                 const std::string& search) const {
  auto found = store_.read([&](store::Sql& sql) -> Result<std::vector<migration::Delivery>> {
    std::vector<migration::Delivery> list;
    auto rows = sql.query(
        "SELECT m.trace, m.at_ms, m.sender, r.recipient, r.home_state, r.mirror_state, r.words, "
        "r.home, m.size, r.fallback FROM gateway_recipient r JOIN gateway_message m USING (trace) "
        "WHERE $1 = '' OR m.trace = $1 OR m.sender LIKE $2 ESCAPE '\\' "
        "OR r.recipient LIKE $2 ESCAPE '\\' OR m.message_id LIKE $2 ESCAPE '\\' "
        "ORDER BY r.id DESC LIMIT $3",
        search, like(search), limit);
    while (rows.next()) {
      const auto home = rows.as<HomeState>(4);
      const auto mirror = rows.as<MirrorState>(5);
      list.push_back({.trace_id = rows.text(0),
                      .at = WallTime{Duration{rows.integer(1)}},
                      .sender = rows.text(2),
                      .recipient = rows.text(3),
                      .home = std::string(name_of(home)),
                      .mirror = std::string(name_of(mirror)),
                      .answer = answer_of(home, rows.text(6)),
                      .mirror_words = mirror_words(home, mirror, rows.text(6)),
                      .home_side = rows.as<Side>(7),
                      .size = static_cast<std::uint64_t>(rows.integer(8)),
                      .fallback = rows.as<Instead>(9) == Instead::unknown_at_home});
    }
    if (!rows.status()) return fail(rows.status().error());
    return list;
  });
  return found ? std::move(*found) : std::vector<migration::Delivery>{};
}

migration::DeliveryCounts Journal::counts(const std::string& migration) const {
  auto counted = store_.read([&](store::Sql& sql) -> Result<migration::DeliveryCounts> {
    migration::DeliveryCounts counts;
    auto rows = sql.query(
        "SELECT t.home_state, t.mirror_state, sum(t.recipients) FROM gateway_total t "
        "LEFT JOIN migration_account a ON a.id = t.account "
        "WHERE $1 = '' OR a.migration = $1 GROUP BY 1, 2",
        migration);
    while (rows.next()) {
      const auto n = static_cast<std::uint64_t>(rows.integer(2));
      const auto home = rows.as<HomeState>(0);
      const auto mirror = rows.as<MirrorState>(1);
      if (home == HomeState::accepted) counts.accepted += n;
      if (home == HomeState::refused) counts.refused += n;
      if (home == HomeState::owed || home == HomeState::owed_sent) counts.owed += n;
      if (home == HomeState::returned) counts.returned += n;
      if (home == HomeState::quarantined) counts.quarantined += n;
      if (home == HomeState::sent || home == HomeState::not_sent) counts.deferred += n;
      if (mirror == MirrorState::pending) counts.mirrors_pending += n;
      if (mirror == MirrorState::made) counts.mirrors_made += n;
      if (mirror == MirrorState::debt) counts.debts += n;
    }
    if (!rows.status()) return fail(rows.status().error());
    const auto first = sql.integer(
        "SELECT m.at_ms FROM gateway_recipient r JOIN gateway_message m USING (trace) "
        "ORDER BY r.id LIMIT 1");
    if (first && *first) counts.since = WallTime{Duration{**first}};
    return counts;
  });
  return counted.value_or(migration::DeliveryCounts{});
}

}  // namespace tandem::gateway
