#include "proxy/gateway/filter.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "proxy/gateway/rooms.hpp"

namespace tandem::gateway {
namespace {

using config::MilterWhenDown;
using milter::Verdict;
using smtp::make_reply;

constexpr Duration say_again = std::chrono::minutes(1);

std::string written(const std::vector<milter::Field>& fields) {
  std::string text;
  for (const auto& field : fields) text += field.name + ":" + field.value + "\r\n";
  return text;
}

// The message itself cannot be read, or we stop: no milter's fault, and no reason to do without.
bool is_ours(ErrorKind kind) {
  return kind == ErrorKind::storage || kind == ErrorKind::cancelled;
}

}  // namespace

struct Filter::Watch {
  std::mutex mutex;  // for all that follows
  bool down = false;
  std::uint64_t missed_now = 0;  // since it went down
  SteadyTime said{};
  bool said_changes = false;
};

Filter::Filter(const net::Connector& connector, const Clock& clock, FilterOptions options)
    : connector_(connector),
      clock_(clock),
      options_(std::move(options)),
      watches_(std::make_unique<Watch[]>(options_.milters.size())) {}

Filter::~Filter() = default;

Task<Judgement> Filter::judge(milter::Examination message, std::function<net::MilterBody()> body) {
  Judgement judgement;
  const SteadyTime end = clock_.steady() + options_.limits.whole;
  for (std::size_t i = 0; i < options_.milters.size(); ++i) {
    net::MilterBody one_body = body();
    net::MilterLimits limits = options_.limits;
    limits.whole = std::max(end - clock_.steady(), Duration(0));
    limits.connect = std::min(limits.connect, limits.whole);
    auto verdict = co_await net::ask_milter(connector_, options_.milters[i], message,
                                            std::move(one_body), limits);
    if (verdict) {
      const std::string trace = message.message_id;
      if (!take(std::move(*verdict), i, trace, judgement, message)) break;
      continue;
    }
    if (is_ours(verdict.error().kind)) {
      judgement.refusal = local_trouble();
      break;
    }
    missed(i, verdict.error());
    if (options_.when_down == MilterWhenDown::accept) continue;
    judgement.refusal = make_reply(451, "4.7.1", "A filter does not answer, try again later");
    break;
  }
  co_return judgement;
}

// False: it is decided.
bool Filter::take(Verdict verdict, std::size_t index, const std::string& trace, Judgement& into,
                  milter::Examination& message) {
  answered(index, verdict);
  // A message that was answered 250 does not vanish (I1): who throws it away has refused it.
  if (verdict.decision == Verdict::Decision::discard)
    into.refusal = make_reply(550, "5.7.1", "The message was refused by a filter");
  if (verdict.decision == Verdict::Decision::refuse) into.refusal = std::move(verdict.reply);
  if (into.refusal) {
    log::info("I-MILT-1", "{} is refused by {}: {}", trace, options_.milters[index].to_string(),
              printable(into.refusal->to_string()));
    return false;
  }
  if (verdict.quarantine && into.quarantine.empty())
    into.quarantine = "held by a filter: " + *verdict.quarantine;
  into.added.insert(0, written(verdict.added));
  message.header.insert(message.header.begin(), std::make_move_iterator(verdict.added.begin()),
                        std::make_move_iterator(verdict.added.end()));
  return true;
}

void Filter::missed(std::size_t index, const Error& error) {
  Watch& watch = watches_[index];
  const std::scoped_lock lock(watch.mutex);
  if (!std::exchange(watch.down, true)) {
    watch.missed_now = 0;
    watch.said = clock_.steady() - say_again;
  }
  ++watch.missed_now;
  if (clock_.steady() - watch.said < say_again) return;
  watch.said = clock_.steady();
  const bool accepted = options_.when_down == MilterWhenDown::accept;
  log::error("E-MILT-2", "the milter {} does not judge ({}); {} messages {} since it stopped",
             options_.milters[index].to_string(), error.to_string(), watch.missed_now,
             accepted ? "passed without its word" : "were put off");
}

void Filter::answered(std::size_t index, const Verdict& verdict) {
  Watch& watch = watches_[index];
  const std::scoped_lock lock(watch.mutex);
  if (std::exchange(watch.down, false))
    log::warning("W-MILT-3", "the milter {} judges again; it missed {} messages",
                 options_.milters[index].to_string(), watch.missed_now);
  if (verdict.not_made == 0 || std::exchange(watch.said_changes, true)) return;
  log::warning("W-MILT-4",
               "the milter {} wants {}, which is not done: both sides get the bytes that came. "
               "This is said once.",
               options_.milters[index].to_string(), verdict.first_not_made);
}

std::uint64_t Filter::missed_now() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < options_.milters.size(); ++i) {
    const std::scoped_lock lock(watches_[i].mutex);
    if (watches_[i].down) count += watches_[i].missed_now;
  }
  return count;
}

}  // namespace tandem::gateway
