// The lexical pieces that structured header fields are made of: blanks and comments, atoms, quoted
// strings, domain literals (RFC 5322 3.2). Tolerant: CR and LF count as blanks, 8-bit bytes as atom
// text, what is not closed ends at the end of the text. Every step consumes what it looked at, so a
// parse is linear whatever the bytes are; nested comments are counted, not recursed into.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::mail {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  // The next byte, or NUL at the end (ask done() to tell it from a NUL in the text).
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  [[nodiscard]] std::size_t position() const { return at_; }
  void skip(std::size_t count = 1) { at_ += count; }
  // Steps over `expected` if it is next.
  bool take(char expected);

  // Steps over blanks and comments; true if there were any. The text of the first comment, without
  // its outer parentheses and quoting, goes to `first_comment` if that is given and still empty.
  bool skip_cfws(std::string* first_comment = nullptr);
  // At a '"': its text without quotes, backslashes and line ends.
  std::string quoted_string();
  // At a '[': with its brackets.
  std::string domain_literal();
  // Bytes up to the next blank, or one of `stops`.
  std::string_view run(std::string_view stops);
  // An atom: up to the next blank or RFC 5322 special (the dot is one). May be empty.
  std::string_view atom() { return run("()<>[]:;@\\,.\""); }
  // Steps to the next `c` outside quotes and comments, or to the end.
  void skip_to(char c);

 private:
  std::string comment();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace tandem::mail
