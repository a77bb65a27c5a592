#include "proxy/session/imap_tracker.hpp"

#include <optional>

#include "lib/base/text.hpp"

namespace tandem::session {
namespace {

constexpr std::size_t longest_tag = 60;

struct Literal {
  std::uint64_t size = 0;
  bool synchronising = true;
};

// `{n}`, `{n+}` or `{n-}` at the end of a line (RFC 7888).
std::optional<Literal> literal_at_end(std::string_view tail) {
  if (tail.ends_with('\r')) tail.remove_suffix(1);
  if (!tail.ends_with('}')) return std::nullopt;
  tail.remove_suffix(1);
  const std::size_t open = tail.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  std::string_view digits = tail.substr(open + 1);
  Literal literal;
  if (digits.ends_with('+') || digits.ends_with('-')) {
    literal.synchronising = false;
    digits.remove_suffix(1);
  }
  const auto size = parse_number(digits);
  if (!size) return std::nullopt;
  literal.size = *size;
  return literal;
}

// Human text that may end in anything: no literal is announced there.
bool is_status(std::string_view word) {
  return iequals(word, "OK") || iequals(word, "NO") || iequals(word, "BAD") ||
         iequals(word, "BYE") || iequals(word, "PREAUTH");
}

}  // namespace

void ImapTracker::from_client(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (client_skip_ > 0) {
      literal_awaited_ = false;
      skip(bytes, client_skip_);
    } else if (take_line(bytes, client_)) {
      client_line();
      client_.clear();
    }
  }
}

void ImapTracker::client_line() {
  if (!idle_tag_.empty()) return idle_tag_.clear();  // DONE
  if (!in_command_) {
    std::string_view text = client_.head();
    tag_ = next_word(text).substr(0, longest_tag);
    verb_ = upper(next_word(text));
  }
  const auto literal = literal_at_end(client_.tail());
  in_command_ = literal.has_value();
  if (literal) {
    client_skip_ = literal->size;
    literal_awaited_ = literal->synchronising;
    return;
  }
  if (!tag_.empty()) ++open_;
  if (verb_ == "IDLE") idle_tag_ = tag_;
  if (verb_ == "COMPRESS") compress_tag_ = tag_;
}

void ImapTracker::from_backend(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (backend_skip_ > 0) {
      skip(bytes, backend_skip_);
    } else if (take_line(bytes, backend_)) {
      backend_line();
      backend_.clear();
    }
  }
}

void ImapTracker::backend_line() {
  std::string_view text = backend_.head();
  const std::string_view tag = next_word(text);
  const std::string_view word = next_word(text);
  const bool data = in_response_ || (tag == "*" && !is_status(word));
  if (data) {
    const auto literal = literal_at_end(backend_.tail());
    in_response_ = literal.has_value();
    if (literal) backend_skip_ = literal->size;
    return;
  }
  if (tag != "*" && tag != "+") answered(tag.substr(0, longest_tag), word);
}

void ImapTracker::answered(std::string_view tag, std::string_view status) {
  if (in_command_ && literal_awaited_ && tag == tag_) {  // the literal was refused: it never comes
    in_command_ = literal_awaited_ = false;
    client_skip_ = 0;
    return;
  }
  if (open_ > 0) --open_;
  if (tag == idle_tag_) idle_tag_.clear();
  if (!compress_tag_.empty() && tag == compress_tag_) {
    compress_tag_.clear();
    blind_ = iequals(status, "OK");
  }
}

bool ImapTracker::idle() const {
  if (blind_) return false;
  const bool between = client_.empty() && !in_command_ && client_skip_ == 0 && backend_.empty() &&
                       !in_response_ && backend_skip_ == 0;
  return between && (open_ == 0 || (open_ == 1 && !idle_tag_.empty()));
}

std::string ImapTracker::goodbye() const {
  return "* BYE [UNAVAILABLE] This mailbox is being moved, try again in a moment\r\n";
}

}  // namespace tandem::session
