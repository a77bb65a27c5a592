#include "lib/mail/address_list.hpp"

#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

class ListParser {
 public:
  ListParser(std::string_view value, std::size_t limit) : lexer_(value), limit_(limit) {}

  std::vector<ListedAddress> parse() {
    while (!lexer_.done() && list_.size() < limit_) {
      entry();
    }
    if (in_group_) list_.emplace_back();
    return std::move(list_);
  }

 private:
  // One piece up to a comma, semicolon, group colon or the end.
  void entry() {
    phrase_.clear();
    local_.clear();
    comment_.clear();
    address_ = {};
    has_angle_ = false;
    while (!lexer_.done()) {
      const bool blank = lexer_.skip_cfws(&comment_);
      if (lexer_.done() || piece(blank)) break;
    }
    finish();
    if (lexer_.take(';') && in_group_) {
      list_.emplace_back();
      in_group_ = false;
    }
    lexer_.take(',');
  }

  // One lexical piece; true if the entry ends before it.
  bool piece(bool blank) {
    switch (lexer_.peek()) {
      case ',':
      case ';': return true;
      case '"': word(lexer_.quoted_string(), blank); return false;
      case '<': angle(); return false;
      case '@': addr_spec(); return false;
      case ':': return colon();
      case '.':
        word(".", blank);
        lexer_.skip();
        return false;
      default: break;
    }
    const auto atom = lexer_.atom();
    if (atom.empty()) lexer_.skip();  // a stray special
    word(atom, blank);
    return false;
  }

  void word(std::string_view text, bool blank) {
    if (has_angle_) return;
    if (blank && !phrase_.empty()) phrase_ += ' ';
    phrase_ += text;
    local_ += text;
  }

  // "name:" begins a group; elsewhere a colon is a stray.
  bool colon() {
    lexer_.skip();
    if (in_group_ || has_angle_ || phrase_.empty() || address_.host) return false;
    in_group_ = true;
    list_.push_back({.name = {}, .route = {}, .mailbox = std::move(phrase_), .host = {}});
    phrase_.clear();
    local_.clear();
    return false;
  }

  // local '@' domain without angle brackets; a name if brackets follow after all.
  void addr_spec() {
    lexer_.skip();
    auto host = domain();
    if (has_angle_ || address_.host) return;
    address_.mailbox = std::move(local_);
    local_.clear();
    phrase_ += "@" + host;
    address_.host = std::move(host);
  }

  std::string domain() {
    std::string host;
    for (;;) {
      lexer_.skip_cfws(&comment_);
      if (lexer_.peek() == '[') {
        host += lexer_.domain_literal();
      } else if (lexer_.take('.')) {
        host += '.';
      } else {
        if (!host.empty() && !host.ends_with('.')) return host;
        const auto atom = lexer_.atom();
        if (atom.empty()) return host;
        host += atom;
      }
    }
  }

  void angle() {
    lexer_.skip();
    ListedAddress found{.name = {}, .route = route(), .mailbox = std::string(), .host = {}};
    while (!lexer_.done() && lexer_.peek() != '>' && !found.host) {
      lexer_.skip_cfws();
      if (lexer_.take('@')) {
        found.host = domain();
      } else if (lexer_.peek() == '"') {
        *found.mailbox += lexer_.quoted_string();
      } else if (lexer_.peek() != '>') {
        const auto text = lexer_.run("@>\"(");
        *found.mailbox += text;
      }
    }
    while (!lexer_.done() && lexer_.peek() != '>' && lexer_.peek() != ',') lexer_.skip();
    lexer_.take('>');
    if (has_angle_) return;
    has_angle_ = true;
    if (!found.host) found.host = std::string();
    address_ = std::move(found);
  }

  // RFC 5322 4.4 obs-route: "@a,@b:" before the local part.
  std::optional<std::string> route() {
    lexer_.skip_cfws();
    std::string text;
    while (lexer_.peek() == '@' && !lexer_.done()) {
      lexer_.skip();
      if (!text.empty()) text += ',';
      text += "@" + domain();
      lexer_.skip_cfws();
      while (lexer_.take(',')) lexer_.skip_cfws();
    }
    lexer_.take(':');
    return text.empty() ? std::nullopt : std::optional(std::move(text));
  }

  void finish() {
    if (has_angle_) {
      if (phrase_.empty()) phrase_ = comment_;
      if (!phrase_.empty()) address_.name = std::move(phrase_);
    } else if (address_.host || !local_.empty()) {
      if (!address_.host) {
        address_.mailbox = std::move(phrase_);
        address_.host = std::string();
      }
      if (!comment_.empty()) address_.name = std::move(comment_);
    } else {
      return;
    }
    list_.push_back(std::move(address_));
  }

  Lexer lexer_;
  std::size_t limit_;
  std::vector<ListedAddress> list_;
  bool in_group_ = false;

  std::string phrase_;   // words as a name has them, blanks kept
  std::string local_;    // words as a local part has them, blanks dropped
  std::string comment_;  // the first one: an old-style name
  ListedAddress address_;
  bool has_angle_ = false;
};

}  // namespace

std::vector<ListedAddress> parse_address_list(std::string_view value, std::size_t limit) {
  return ListParser(value, limit).parse();
}

}  // namespace tandem::mail
