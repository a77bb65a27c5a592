// Recipients in the text of a plain bounce. Every mail system writes it its own way; common to all
// is that an address stands near what is said of it. So: a line that speaks of an address belongs
// to it, and so do the lines that follow until one speaks of another.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "lib/mail/notice_parts.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_address_side = 255;  // RFC 5321 4.5.3.1

bool is_address_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F &&
         std::string_view("<>()[]\"',;:|\\@").find(c) == std::string_view::npos;
}

// The address around the '@' at `at`, or an empty view.
std::string_view address_around(std::string_view line, std::size_t at) {
  auto begin = at;
  while (begin > 0 && at - begin <= max_address_side && is_address_byte(line[begin - 1])) --begin;
  auto end = at + 1;
  while (end < line.size() && end - at <= max_address_side && is_address_byte(line[end])) ++end;
  while (end > at && (line[end - 1] == '.' || line[end - 1] == '!' || line[end - 1] == '?')) --end;
  const auto address = line.substr(begin, end - begin);
  return parse_address(address) ? address : std::string_view();
}

// Mail systems' own addresses, which stand in many bounces as whom to ask.
bool is_of_the_system(std::string_view address) {
  const auto local = lower(address.substr(0, address.rfind('@')));
  return local == "postmaster" || local == "mailer-daemon" || local == "abuse" ||
         local == "helpdesk" || local == "support";
}

// Words that mail systems put before the address of a recipient, apart from codes and signs.
constexpr std::array<std::string_view, 17> leads = {"to",
                                                    "for",
                                                    "address",
                                                    "recipient",
                                                    "recipients",
                                                    "rcpt to",
                                                    "user",
                                                    "recipient address",
                                                    "unknown user",
                                                    "undeliverable to",
                                                    "final recipient",
                                                    "mailto",
                                                    "email",
                                                    "e mail",
                                                    "deliver to",
                                                    "delivered to",
                                                    "in rcpt to"};

// "… while talking to mx.a.jp": what follows in sendmail's transcript is about others.
bool begins_another_talk(std::string_view line) {
  const auto words = line.substr(std::min(line.find_first_not_of(". "), line.size()));
  return istarts_with(words, "while talking to ");
}

// A "To:" that is quoted from the message tells whom it was written to, not who failed.
bool is_quoted_header(std::string_view line) {
  return istarts_with(line, "to:");
}

// The letters before the address, in lower case and apart from signs: "550 <a@b>" gives "".
bool leads_to_recipient(std::string_view before) {
  std::string words;
  for (const char c : lower(before)) {
    const bool letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    if (letter)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  return words.empty() || std::ranges::find(leads, trim(words)) != leads.end();
}

using Places = std::map<std::string, std::size_t>;

std::string lookup(std::string_view address) {
  const auto parsed = parse_address(address);
  return parsed ? lookup_key(*parsed) : lower(address);
}

class Recipients {
 public:
  // `strict`: an address is a recipient only where it stands like one.
  Recipients(const std::vector<std::string>& failed, const std::vector<std::string>& others,
             bool strict)
      : strict_(strict) {
    for (const auto& address : others) others_.insert(lookup(address));
    for (const auto& address : failed) (void)place_of(address);
    closed_ = !failed.empty();
  }

  void add_line(std::string_view line) {
    if (begins_another_talk(line)) current_ = npos;
    if (const auto place = recipient_of(line)) {
      current_ = *place;
      append(std::exchange(pending_, ""));
    }
    // sendmail's transcript: what the server said stands above the recipient it was said of.
    if (line.starts_with("<<<"))
      pending_.append(line.substr(0, 1000)).append("\n");
    else
      append(line);
  }

  [[nodiscard]] bool say_something() const {
    return std::ranges::any_of(found_,
                               [](const NoticeRecipient& each) { return !each.detail.empty(); });
  }
  [[nodiscard]] std::vector<NoticeRecipient> take() {
    append(std::exchange(pending_, ""));
    return std::move(found_);
  }

 private:
  static constexpr auto npos = static_cast<std::size_t>(-1);

  void append(std::string_view text) {
    if (current_ == npos || text.empty()) return;
    auto& detail = found_[current_].detail;
    if (detail.size() + text.size() < max_notice_detail) detail.append(text).append("\n");
  }

  std::size_t place_of(std::string_view address) {
    const auto [at, fresh] = places_.try_emplace(lookup(address), found_.size());
    if (fresh) found_.push_back({.report = {.final_recipient = std::string(address)}});
    return at->second;
  }

  // A line in brackets ("(generated from a@b)") begins nothing new.
  std::optional<std::size_t> recipient_of(std::string_view line) {
    for (const auto address : addresses_in(line)) {
      const auto key = lookup(address);
      if (const auto known = places_.find(key); known != places_.end()) return known->second;
      const auto before = line.substr(0, std::size_t(address.data() - line.data()));
      if (closed_ || line.starts_with('(')) continue;
      if (strict_ && (is_quoted_header(line) || !leads_to_recipient(before))) continue;
      if (others_.contains(key) || is_of_the_system(address)) continue;
      if (found_.size() < max_notice_recipients) return place_of(address);
    }
    return std::nullopt;
  }

  std::vector<NoticeRecipient> found_;
  Places places_;
  std::set<std::string> others_;
  bool strict_;
  bool closed_ = false;  // the header named all of them
  std::size_t current_ = npos;
  std::string pending_;
};

std::vector<NoticeRecipient> read_lines(Recipients recipients, std::string_view text) {
  for (const auto line : split(text, '\n')) recipients.add_line(trim(line));
  return recipients.say_something() ? recipients.take() : std::vector<NoticeRecipient>();
}

}  // namespace

std::vector<std::string_view> addresses_in(std::string_view line) {
  std::vector<std::string_view> found;
  for (auto at = line.find('@'); at != std::string_view::npos; at = line.find('@', at + 1)) {
    const auto address = address_around(line, at);
    if (!address.empty()) found.push_back(address);
  }
  return found;
}

std::vector<NoticeRecipient> recipients_in_text(std::string_view text,
                                                const std::vector<std::string>& failed,
                                                const std::vector<std::string>& others) {
  auto found = read_lines(Recipients(failed, others, true), text);
  if (found.empty() && !failed.empty()) found = read_lines(Recipients({}, others, true), text);
  if (found.empty()) found = read_lines(Recipients({}, others, false), text);
  return found;
}

}  // namespace tandem::mail
