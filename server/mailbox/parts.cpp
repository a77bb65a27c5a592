#include "server/mailbox/parts.hpp"

#include <fmt/format.h>
#include <vector>

#include "lib/base/text.hpp"

namespace tandem::server {
namespace {

void write(const mail::Part& part, std::string& out) {
  const char kind = part.is_multipart() ? 'm' : part.is_message() ? 'r' : 'l';
  fmt::format_to(std::back_inserter(out), "{}{} {} {} {}", out.empty() ? "" : " ", kind,
                 part.header_begin, part.body_begin, part.body_end);
  if (kind == 'l') {
    // One word whatever the message said.
    std::string encoding =
        part.encoding.empty() || part.encoding.size() > 20 ? "8bit" : part.encoding;
    if (encoding.find_first_of(" \t\r\n") != std::string::npos) encoding = "8bit";
    out.append(" ").append(encoding);
    return;
  }
  fmt::format_to(std::back_inserter(out), " {}", part.children.size());
  for (const mail::Part& child : part.children) write(child, out);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : words_(split(text, ' ')) {}

  bool part(mail::Part& out, std::size_t depth) {
    constexpr std::size_t deepest = 200;
    if (depth > deepest || words_.size() - at_ < 5) return false;
    const std::string_view kind = words_[at_++];
    std::size_t children = 0;
    if (!number(out.header_begin) || !number(out.body_begin) || !number(out.body_end)) return false;
    if (kind == "l") {
      out.encoding = words_[at_++];
      return true;
    }
    out.type = kind == "m" ? "multipart" : "message";
    out.subtype = kind == "m" ? "mixed" : "rfc822";
    if (!number(children) || children > words_.size()) return false;
    for (std::size_t i = 0; i < children; ++i)
      if (!part(out.children.emplace_back(), depth + 1)) return false;
    return true;
  }

 private:
  bool number(std::size_t& out) {
    const auto value = parse_number(words_[at_++]);
    out = value.value_or(0);
    return value.has_value();
  }
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

}  // namespace

std::string write_parts(const mail::Part& root) {
  std::string out;
  write(root, out);
  return out;
}

std::optional<mail::Part> read_parts(std::string_view text) {
  mail::Part root;
  if (!Reader(text).part(root, 0)) return std::nullopt;
  return root;
}

}  // namespace tandem::server
