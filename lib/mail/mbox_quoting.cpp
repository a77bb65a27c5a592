#include "lib/mail/mbox_quoting.hpp"

#include <algorithm>

namespace tandem::mail {
namespace {

constexpr std::string_view from = "From ";

}  // namespace

// The beginning of a line is known. One '>' is like the other: which of them comes or goes is
// all the same, so none but one is held.
void MboxQuoting::decide(bool is_from, std::string& out) {
  if (way_ == Way::quote ? is_from : held_mark_ && !is_from) out += '>';
  out += from.substr(0, matched_);
  held_mark_ = false;
  matched_ = 0;
  at_start_ = false;
}

void MboxQuoting::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    if (!at_start_) {
      const auto end = bytes.find('\n');
      const auto size = std::min(end, bytes.size() - 1) + 1;
      out += bytes.substr(0, size);
      bytes.remove_prefix(size);
      at_start_ = end != std::string_view::npos;
      continue;
    }
    const char c = bytes.front();
    if (c == '>' && matched_ == 0) {
      if (way_ == Way::unquote && !held_mark_)
        held_mark_ = true;
      else
        out += c;
      bytes.remove_prefix(1);
    } else if (c == from[matched_]) {
      bytes.remove_prefix(1);
      if (++matched_ == from.size()) decide(true, out);
    } else {
      decide(false, out);
    }
  }
}

void MboxQuoting::finish(std::string& out) {
  if (at_start_) decide(false, out);
  at_start_ = true;
}

}  // namespace tandem::mail
