#include "archive/folder_name.hpp"

#include <array>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/mailbox_name.hpp"

namespace tandem::archive {
namespace {

constexpr std::string_view inbox = "INBOX";

std::string escaped(std::string_view part, std::string_view forbidden) {
  std::string text;
  for (std::size_t at = 0; at < part.size(); ++at) {
    const char c = part[at];
    const bool leading_dot = at == 0 && c == '.';
    if (c == '\\' || c == '\0' || leading_dot || forbidden.contains(c))
      text += fmt::format("\\{:02x}", static_cast<unsigned char>(c));
    else
      text += c;
  }
  return text;
}

std::string unescaped(std::string_view text) {
  std::string part;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '\\' ? hex_decode(text.substr(at + 1, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      part += *byte;
      at += 2;
    } else {
      part += text[at];
    }
  }
  return part;
}

bool cut_end(std::string_view& text, std::string_view end) {
  if (text.size() <= end.size() || !iequals(text.substr(text.size() - end.size()), end))
    return false;
  text.remove_suffix(end.size());
  return true;
}

Path with_inbox(Path path) {
  if (!path.empty() && iequals(path[0], inbox)) path[0] = inbox;
  return path;
}

}  // namespace

std::string maildir_name_of(const Path& path) {
  if (path.size() == 1 && path[0] == inbox) return "";
  std::string name;
  for (const std::string& part : path)
    name += "." + imap::encode_modified_utf7(escaped(part, "./"));
  return name;
}

Path path_of_maildir(std::string_view name) {
  if (name.empty()) return {std::string(inbox)};
  Path path;
  for (const std::string_view part : split(name.substr(1), '.'))
    path.push_back(unescaped(imap::decode_modified_utf7(part).value_or(std::string(part))));
  return with_inbox(std::move(path));
}

std::string mbox_name_of(const Path& path) {
  std::string name;
  for (std::size_t at = 0; at < path.size(); ++at) {
    std::string part = escaped(path[at], "/");
    std::string_view stem = part;
    // Else the folder's own ending would be taken for Thunderbird's.
    if (at + 1 < path.size() && cut_end(stem, ".sbd")) part.replace(stem.size(), 1, "\\2e");
    name += (name.empty() ? "" : "/") + part;
  }
  return name + ".mbox";
}

Path path_of_mbox(std::string_view name) {
  Path path;
  const auto parts = split(name, '/');
  for (std::size_t at = 0; at < parts.size(); ++at) {
    std::string_view part = parts[at];
    if (at + 1 < parts.size())
      (void)cut_end(part, ".sbd");
    else
      (void)(cut_end(part, ".mbox") || cut_end(part, ".mbx"));
    path.push_back(unescaped(part));
  }
  return with_inbox(std::move(path));
}

}  // namespace tandem::archive
