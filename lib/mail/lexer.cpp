#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

bool Lexer::take(char expected) {
  if (done() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

bool Lexer::skip_cfws(std::string* first_comment) {
  const auto start = at_;
  while (!done()) {
    if (is_white(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '(') {
      auto text = comment();
      if (first_comment && first_comment->empty()) *first_comment = std::move(text);
    } else {
      break;
    }
  }
  return at_ != start;
}

std::string Lexer::comment() {
  std::string text;
  std::size_t depth = 1;
  for (++at_; !done(); ++at_) {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < text_.size()) {
      text += text_[++at_];
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) {
      ++at_;
      break;
    }
    if (c != '\r' && c != '\n') text += c;
  }
  return text;
}

std::string Lexer::quoted_string() {
  std::string text;
  for (++at_; !done(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      break;
    }
    if (c == '\\' && at_ + 1 < text_.size()) {
      text += text_[++at_];
    } else if (c != '\r' && c != '\n') {
      text += c;
    }
  }
  return text;
}

std::string Lexer::domain_literal() {
  std::string text;
  while (!done()) {
    const char c = text_[at_++];
    if (!is_white(c)) text += c;
    if (c == ']') break;
  }
  return text;
}

std::string_view Lexer::run(std::string_view stops) {
  const auto start = at_;
  while (!done() && !is_white(text_[at_]) && stops.find(text_[at_]) == std::string_view::npos)
    ++at_;
  return text_.substr(start, at_ - start);
}

void Lexer::skip_to(char c) {
  while (!done() && text_[at_] != c) {
    if (text_[at_] == '"') {
      quoted_string();
    } else if (!skip_cfws()) {
      ++at_;
    }
  }
}

}  // namespace tandem::mail
