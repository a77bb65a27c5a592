#include "lib/delivery/diagnosis/diagnosis.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/catalogue.hpp"

namespace tandem::delivery {
namespace {

constexpr std::size_t max_text = 64 * 1024;

// '*' at the start stands for any host of the domain behind it.
bool host_fits(std::string_view pattern, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (!pattern.starts_with("*.")) return iequals(pattern, host);
  const auto domain = pattern.substr(2);
  if (host.size() < domain.size()) return false;
  const auto at = host.size() - domain.size();
  return iequals(host.substr(at), domain) && (at == 0 || host[at - 1] == '.');
}

// The words are this entry's host's: yes, no, or not known.
enum class Whose { ours, others, unknown };

Whose whose(const Entry& entry, const ServerWords& said) {
  if (entry.hosts.empty() && entry.providers.empty()) return Whose::unknown;
  if (said.host.empty() && said.provider.empty()) return Whose::unknown;
  const bool host = std::ranges::any_of(
      entry.hosts, [&](const std::string& pattern) { return host_fits(pattern, said.host); });
  const bool provider = !said.provider.empty() &&
                        std::ranges::find(entry.providers, said.provider) != entry.providers.end();
  return host || provider ? Whose::ours : Whose::others;
}

bool code_fits(const Entry& entry, int code) {
  return entry.only.empty() || std::ranges::find(entry.only, code) != entry.only.end();
}

std::size_t weight(const Entry& entry, std::string_view text) {
  std::size_t heaviest = 0;
  for (const auto& pattern : entry.says)
    if (pattern.found_in(text)) heaviest = std::max(heaviest, pattern.weight());
  return heaviest;
}

// The entry with the longest words that are found; among equal ones that of the known host.
const Entry* entry_by_words(const ServerWords& said, std::string_view text) {
  const Entry* best = nullptr;
  std::size_t heaviest = 0;
  for (const auto& entry : catalogue().entries) {
    const auto owner = whose(entry, said);
    if ((entry.only_hosts && owner == Whose::others) || !code_fits(entry, said.code)) continue;
    auto found = 2 * weight(entry, text);
    if (found > 0 && owner == Whose::ours) ++found;
    if (found <= heaviest) continue;
    best = &entry;
    heaviest = found;
  }
  return best;
}

const Entry* entry_by_status(const ServerWords& said) {
  for (const auto& entry : catalogue().entries)
    if (whose(entry, said) == Whose::ours)
      for (const auto& range : entry.status)
        if (range.contains(said.status)) return &entry;
  return nullptr;
}

// The row with the longest words that are found; among equal ones the first.
const WordsRow* row_by_words(std::string_view text, Tier tier) {
  const WordsRow* best = nullptr;
  std::size_t heaviest = 0;
  for (const auto& row : catalogue().words)
    for (const auto& pattern : row.says)
      if (row.tier == tier && pattern.weight() > heaviest && pattern.found_in(text)) {
        best = &row;
        heaviest = pattern.weight();
      }
  return best;
}

const StatusRow* row_by_status(std::string_view status) {
  for (const auto& row : catalogue().status_codes)
    if (row.code.contains(status)) return &row;
  return nullptr;
}

// RFC 5321 4.2.2 and 4.2.3: what a reply code alone tells.
struct ReplyRow {
  int code;
  ErrorClass error_class;
};
constexpr ReplyRow reply_rows[] = {
    {421, ErrorClass::server_fault},
    {432, ErrorClass::not_authorized},
    {450, ErrorClass::unclear},
    {451, ErrorClass::server_fault},
    {452, ErrorClass::server_full},
    {454, ErrorClass::server_fault},
    {455, ErrorClass::protocol},
    {500, ErrorClass::protocol},
    {501, ErrorClass::protocol},
    {502, ErrorClass::protocol},
    {503, ErrorClass::protocol},
    {504, ErrorClass::protocol},
    {521, ErrorClass::domain_takes_no_mail},
    {523, ErrorClass::too_large},
    {525, ErrorClass::mailbox_disabled},
    {530, ErrorClass::not_authorized},
    {534, ErrorClass::not_authorized},
    {535, ErrorClass::not_authorized},
    {538, ErrorClass::not_authorized},
    {551, ErrorClass::mailbox_moved},
    {552, ErrorClass::mailbox_full},
    {553, ErrorClass::unknown_mailbox},
    {555, ErrorClass::protocol},
    {556, ErrorClass::domain_takes_no_mail},
};

void set_class(Diagnosis& diagnosis, ErrorClass error_class, Basis basis, Confidence confidence) {
  const auto& row = catalogue().classes.at(std::size_t(error_class));
  diagnosis.error_class = error_class;
  diagnosis.basis = basis;
  diagnosis.confidence = confidence;
  diagnosis.temporary = row.temporary;
  diagnosis.retry = row.retry;
  diagnosis.who = row.who;
  diagnosis.cause = row.cause;
  diagnosis.next_step = row.next_step;
}

void set_entry(Diagnosis& diagnosis, const Entry& entry) {
  set_class(diagnosis, entry.error_class, Basis::entry, entry.confidence);
  diagnosis.retry = entry.retry;
  diagnosis.who = entry.who;
  diagnosis.cause = entry.cause;
  diagnosis.next_step = entry.next_step;
  diagnosis.entry = entry.id;
  diagnosis.source = entry.source;
  diagnosis.example = entry.examples.front();
}

bool by_words(Diagnosis& diagnosis, const ServerWords& said, std::string_view text) {
  if (text.empty()) return false;
  if (const auto* const entry = entry_by_words(said, text)) {
    set_entry(diagnosis, *entry);
    return true;
  }
  const auto* const row = row_by_words(text, Tier::clear);
  if (row) set_class(diagnosis, row->error_class, Basis::words, Confidence::medium);
  return row != nullptr;
}

// Only where its code has one meaning, unless `overloaded`.
bool by_status(Diagnosis& diagnosis, const ServerWords& said, bool overloaded) {
  const auto* const row = row_by_status(said.status);
  if (row == nullptr || (row->overloaded && !overloaded)) return false;
  set_class(diagnosis, row->error_class, Basis::status_code,
            row->overloaded ? Confidence::low : Confidence::medium);
  return true;
}

// Refused for good without a word that tells why: what had the server seen by then?
bool by_stage(Diagnosis& diagnosis, const ServerWords& said, std::string_view text) {
  if (said.code / 100 != 5) return false;
  auto guess = ErrorClass::unclear;
  if (said.stage == Stage::connection) guess = ErrorClass::blocked;
  if (said.stage == Stage::sender) guess = ErrorClass::sender_refused;
  if (said.stage == Stage::content && text.find("reject") != std::string_view::npos)
    guess = ErrorClass::spam;
  if (guess == ErrorClass::unclear) return false;
  set_class(diagnosis, guess, Basis::words, Confidence::low);
  return true;
}

bool by_weak_words(Diagnosis& diagnosis, std::string_view text, Tier tier) {
  const auto* const row = row_by_words(text, tier);
  if (row) set_class(diagnosis, row->error_class, Basis::words, Confidence::low);
  return row != nullptr;
}

void by_reply_code(Diagnosis& diagnosis, int code) {
  const auto* const row = std::ranges::find(reply_rows, code, &ReplyRow::code);
  if (row != std::end(reply_rows))
    set_class(diagnosis, row->error_class, Basis::reply_code, Confidence::low);
  else
    set_class(diagnosis, ErrorClass::unclear, code == 0 ? Basis::nothing : Basis::reply_code,
              Confidence::low);
}

// RFC 3463 3.1: a class of 2 reports success.
bool is_success(const ServerWords& said) {
  return said.code == 0 && said.status.starts_with('2');
}

void set_class_of_error(Diagnosis& diagnosis, const ServerWords& said) {
  if (is_success(said))
    return set_class(diagnosis, ErrorClass::delivered, Basis::status_code, Confidence::medium);
  const auto text = comparable(std::string_view(said.text).substr(0, max_text));
  if (by_words(diagnosis, said, text)) return;
  if (const auto* const entry = entry_by_status(said)) return set_entry(diagnosis, *entry);
  const auto context = comparable(std::string_view(said.context).substr(0, max_text));
  if (by_status(diagnosis, said, false) || by_words(diagnosis, said, context)) return;
  if (by_weak_words(diagnosis, text, Tier::vague) || by_stage(diagnosis, said, text)) return;
  if (by_weak_words(diagnosis, context, Tier::vague)) return;
  if (by_weak_words(diagnosis, text, Tier::last) || by_status(diagnosis, said, true)) return;
  by_reply_code(diagnosis, said.code);
}

bool tells_nothing_of_time(ErrorClass error_class) {
  return error_class == ErrorClass::complaint || error_class == ErrorClass::auto_reply ||
         error_class == ErrorClass::delivered;
}

// RFC 5321 4.2.1, RFC 3463 3.1: the first digit says whether another try can help.
void set_time(Diagnosis& diagnosis, const ServerWords& said) {
  if (tells_nothing_of_time(diagnosis.error_class)) return;
  const char first = said.code > 0          ? char('0' + said.code / 100)
                     : !said.status.empty() ? said.status.front()
                                            : ' ';
  if (first == '4') diagnosis.temporary = true;
  if (first == '5') diagnosis.temporary = false;
  if (!diagnosis.temporary && diagnosis.retry == Retry::by_itself && first == '5')
    diagnosis.retry = Retry::after_fix;
}

}  // namespace

Diagnosis diagnose(const ServerWords& given) {
  ServerWords said = given;
  if (said.code == 0 || said.status.empty()) {
    const auto read = read_server_words(said.text);
    if (said.code == 0) said.code = read.code;
    if (said.status.empty()) said.status = read.status;
  }
  Diagnosis diagnosis;
  set_class_of_error(diagnosis, said);
  // A domain that is not found, said at MAIL FROM, is the sender's (RFC 3463 3.2, X.1.8).
  if (diagnosis.error_class == ErrorClass::unknown_domain && said.stage == Stage::sender)
    set_class(diagnosis, ErrorClass::sender_refused, diagnosis.basis, diagnosis.confidence);
  set_time(diagnosis, said);
  diagnosis.code = said.code;
  diagnosis.status = said.status;
  return diagnosis;
}

Diagnosis diagnosis_of(ErrorClass error_class) {
  Diagnosis diagnosis;
  set_class(diagnosis, error_class, Basis::nothing, Confidence::high);
  return diagnosis;
}

}  // namespace tandem::delivery
