#include "app/demo/inspection.hpp"

#include <fmt/core.h>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/net/imap_handler.hpp"

namespace tandem::app::demo {
namespace {

using migration::Side;
using Counts = std::map<std::uint64_t, int>;

// Counts letters by the Message-ID in their ENVELOPE.
class CountLetters : public net::ImapHandler {
 public:
  explicit CountLetters(Counts& counts) : counts_(counts) {}

  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    const auto begin = message.envelope.find("<letter-");
    const auto end = message.envelope.find('>', begin);
    if (begin != std::string_view::npos && end != std::string_view::npos)
      if (const auto number = letter_number(message.envelope.substr(begin, end - begin + 1)))
        ++counts_[*number];
    co_return Result<void>{};
  }

 private:
  Counts& counts_;
};

bool can_be_opened(const net::ImapListed& listed) {
  for (const auto& attribute : listed.entry.attributes)
    if (iequals(attribute, "\\Noselect") || iequals(attribute, "\\NonExistent")) return false;
  return true;
}

Task<Result<Counts>> count_side(Stage& stage, migration::Account account, Side side) {
  Counts counts;
  CountLetters handler(counts);
  const auto client = co_await stage.tandemail().access().open_imap(std::move(account), side);
  if (!client) co_return fail(client.error());
  const auto mailboxes = co_await (*client)->list("", "*");
  if (!mailboxes) co_return fail(mailboxes.error());
  imap::FetchAttributes what;
  what.uid = true;
  what.envelope = true;
  for (const auto& listed : *mailboxes) {
    if (!can_be_opened(listed)) continue;
    const auto opened = co_await (*client)->examine(listed.entry.name);
    if (!opened) co_return fail(opened.error());
    if (opened->exists == 0) continue;
    imap::SequenceSet all;
    all.add(1, imap::SequenceSet::star);
    const auto fetched = co_await (*client)->fetch(std::move(all), what, handler);
    if (!fetched) co_return fail(fetched.error());
  }
  co_await (*client)->logout();
  co_return counts;
}

struct Judge {
  Tally& tally;
  std::string address;

  void note(std::uint64_t letter, std::string_view where, int count) {
    ++(count == 0 ? tally.lost : tally.doubled);
    if (tally.findings.size() < 20)
      tally.findings.push_back(
          fmt::format("letter {} of {} is {} times at the {} side", letter, address, count, where));
  }
  bool once(std::uint64_t letter, const Counts& counts, std::string_view where) {
    const auto found = counts.find(letter);
    const int count = found == counts.end() ? 0 : found->second;
    if (count != 1) note(letter, where, count);
    return count > 0;
  }
};

}  // namespace

std::string Tally::to_string() const {
  return fmt::format("sent={} home={} mirror={} copied={} lost={} doubled={}", sent, home, mirror,
                     copied, lost, doubled);
}

Task<Result<Tally>> inspect(Stage& stage, const Postman& postman, std::uint64_t per_person) {
  Tally tally{.sent = postman.sent().size()};
  const auto routes = stage.tandemail().registry().routes();
  for (std::size_t person = 0; person < people.size(); ++person) {
    const std::string address = fmt::format("{}@{}", people[person].local, domain);
    const migration::Account account = *routes->account(address);
    const auto on_old = co_await count_side(stage, account, Side::old_side);
    if (!on_old) co_return fail(on_old.error());
    const auto on_new = co_await count_side(stage, account, Side::new_side);
    if (!on_new) co_return fail(on_new.error());
    const bool home_is_old = migration::home_of(account.phase) == Side::old_side;
    const Counts& home = home_is_old ? *on_old : *on_new;
    const Counts& mirror = home_is_old ? *on_new : *on_old;
    Judge judge{tally, address};
    for (std::uint64_t letter = person * per_person + 1; letter <= (person + 1) * per_person;
         ++letter) {
      tally.home += judge.once(letter, home, "home");
      tally.mirror += judge.once(letter, mirror, "mirror");
      tally.copied += on_new->contains(letter);
    }
    for (const auto& [letter, sent] : postman.sent()) {
      if (sent.person != person) continue;
      tally.home += judge.once(letter, home, "home");
      tally.mirror += judge.once(letter, mirror, "mirror");
    }
  }
  co_return tally;
}

}  // namespace tandem::app::demo
