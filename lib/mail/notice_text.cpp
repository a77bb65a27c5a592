// What the mail system itself wrote in a bounce.
#include <algorithm>
#include <array>

#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/notice_parts.hpp"

namespace tandem::mail {
namespace {

// How mail systems announce the message that they return. A line begins with one of them, apart
// from rules and quote signs.
constexpr std::array<std::string_view, 19> announcements = {
    "below this line is a copy",
    "this is a copy of",
    "here is a copy of",
    "here are the headers",
    "enclosed is a copy",
    "included is a copy",
    "attached is a copy",
    "below is a copy",
    "the header of the original",
    "message headers follow",
    "message header follows",
    "message text follows",
    "unsent message follows",
    "original message follow",
    "original message header",
    "original mail info",
    "undelivered message header",
    "returned message follows",
    "return-path:",
};

bool announces_original(std::string_view line) {
  const auto begin = line.find_first_not_of("-=*_># \t");
  if (begin == std::string_view::npos) return false;
  line = line.substr(begin);
  const auto end = line.find_last_not_of("-=*_>:. \t\r\n");
  const auto words = line.substr(0, end == std::string_view::npos ? 0 : end + 1);
  if (iequals(words, "original message")) return true;
  return std::ranges::any_of(announcements,
                             [&](std::string_view each) { return istarts_with(line, each); });
}

class Collector {
 public:
  explicit Collector(std::string_view message) : message_(message) {}

  void add(const Part& part) {
    if (ended_) return;
    if (part.is_multipart()) {
      add_parts(part);
    } else if (part.type == "message" || part.subtype == "rfc822-headers") {
      // Everything behind the returned message belongs to it.
      ended_ =
          part.subtype == "rfc822" || part.subtype == "global" || part.subtype.ends_with("headers");
    } else if (part.type == "text" && part.disposition != "attachment") {
      add_text(part);
    }
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void add_parts(const Part& part) {
    for (const auto& child : part.children) {
      add(child);
      // Of alternatives the first that says something is the plainest.
      if (part.subtype == "alternative" && !trim(text_).empty()) break;
    }
  }
  void add_text(const Part& part) {
    const auto room = max_notice_text - std::min(max_notice_text, text_.size());
    auto text = decode_text(message_, part, room);
    if (part.subtype == "html") text = html_text(text);
    if (!is_utf8(text)) text = guess_to_utf8(text);
    const auto own = without_original(text);
    ended_ = own.size() < text.size();
    text_ += own;
    text_ += '\n';
  }

  std::string_view message_;
  std::string text_;
  bool ended_ = false;
};

struct Entity {
  std::string_view name;
  std::string_view text;
};
constexpr Entity entities[] = {{"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},
                               {"&#39;", "'"}, {"&nbsp;", " "}, {"&amp;", "&"}};

// The name of a tag without its brackets: "br", "/p".
std::string_view tag_name(std::string_view tag) {
  return tag.substr(0, tag.find_first_of(" \t\r\n/>", 1));
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view each) { return iequals(each, name); });
}

bool ends_line(std::string_view name) {
  return is_one_of(name,
                   {"br", "p", "/p", "div", "/div", "tr", "li", "h1", "/h1", "h2", "td", "hr"});
}

std::size_t tag_length(std::string_view html) {
  const std::string_view end = html.starts_with("<!--") ? "-->" : ">";
  const auto found = html.find(end);
  return found == std::string_view::npos ? html.size() : found + end.size();
}

}  // namespace

std::string_view without_original(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (at > 0 && announces_original(text.substr(at, end - at))) return text.substr(0, at);
    at = end + 1;
  }
  return text;
}

std::string html_text(std::string_view html) {
  std::string text;
  bool hidden = false;  // between <style> and its end
  while (!html.empty()) {
    std::size_t length = 1;
    const auto* const entity = std::ranges::find_if(
        entities, [&](const Entity& each) { return html.starts_with(each.name); });
    if (html.front() == '<') {
      length = tag_length(html);
      const auto name = tag_name(html.substr(1, length - 1));
      if (is_one_of(name, {"style", "script"})) hidden = true;
      if (is_one_of(name, {"/style", "/script"})) hidden = false;
      if (ends_line(name)) text += '\n';
    } else if (entity != std::end(entities)) {
      length = entity->name.size();
      if (!hidden) text += entity->text;
    } else if (!hidden) {
      text += html.front();
    }
    html.remove_prefix(length);
  }
  return text;
}

std::string notice_text(std::string_view message, const Part& root) {
  Collector collector(message);
  collector.add(root);
  return collector.take();
}

}  // namespace tandem::mail
