#include "lib/protocol/imap/search_key.hpp"

#include <array>

#include "lib/protocol/imap/date_time.hpp"
#include "lib/protocol/imap/decoder.hpp"

namespace tandem::imap {
namespace {

class Parser {
 public:
  explicit Parser(Decoder& in) : in_(in) {}
  bool keys(SearchKey& out, std::size_t depth);

 private:
  using Argument = bool (Parser::*)(SearchKey&, std::size_t depth);
  struct Row {
    std::string_view word;
    SearchKind kind;
    std::string_view name;  // flag or header field
    Argument argument;      // null: none
    bool negated = false;
  };
  static const std::array<Row, 43>& table();

  bool key(SearchKey& out, std::size_t depth);
  bool by_word(const Row& row, SearchKey& out, std::size_t depth);
  bool child(SearchKey& out, std::size_t depth);

  bool one_child(SearchKey& out, std::size_t depth) { return child(out, depth); }
  bool two_children(SearchKey& out, std::size_t depth) {
    return child(out, depth) && child(out, depth);
  }
  bool text(SearchKey& out, std::size_t);
  bool flag(SearchKey& out, std::size_t);
  bool header(SearchKey& out, std::size_t);
  bool number(SearchKey& out, std::size_t);
  bool modseq(SearchKey& out, std::size_t);
  bool day(SearchKey& out, std::size_t);
  bool set(SearchKey& out, std::size_t);

  Decoder& in_;
  std::size_t count_ = 0;
};

const std::array<Parser::Row, 43>& Parser::table() {
  using enum SearchKind;
  constexpr Argument none = nullptr;
  static const std::array<Row, 43> rows = {{
      {"ALL", all, "", none},
      {"ANSWERED", SearchKind::flag, "\\Answered", none},
      {"BCC", SearchKind::header, "Bcc", &Parser::text},
      {"BEFORE", before, "", &Parser::day},
      {"BODY", body, "", &Parser::text},
      {"CC", SearchKind::header, "Cc", &Parser::text},
      {"DELETED", SearchKind::flag, "\\Deleted", none},
      {"DRAFT", SearchKind::flag, "\\Draft", none},
      {"EMAILID", email_id, "", &Parser::text},
      {"FLAGGED", SearchKind::flag, "\\Flagged", none},
      {"FROM", SearchKind::header, "From", &Parser::text},
      {"HEADER", SearchKind::header, "", &Parser::header},
      {"KEYWORD", SearchKind::flag, "", &Parser::flag},
      {"LARGER", larger, "", &Parser::number},
      {"MODSEQ", SearchKind::modseq, "", &Parser::modseq},
      {"NOT", none_of, "", &Parser::one_child},
      {"OLD", SearchKind::flag, "\\Recent", none, true},
      {"OLDER", older, "", &Parser::number},
      {"ON", on, "", &Parser::day},
      {"OR", any_of, "", &Parser::two_children},
      {"RECENT", SearchKind::flag, "\\Recent", none},
      {"SAVEDATESUPPORTED", save_date_supported, "", none},
      {"SAVEDBEFORE", saved_before, "", &Parser::day},
      {"SAVEDON", saved_on, "", &Parser::day},
      {"SAVEDSINCE", saved_since, "", &Parser::day},
      {"SEEN", SearchKind::flag, "\\Seen", none},
      {"SENTBEFORE", sent_before, "", &Parser::day},
      {"SENTON", sent_on, "", &Parser::day},
      {"SENTSINCE", sent_since, "", &Parser::day},
      {"SINCE", since, "", &Parser::day},
      {"SMALLER", smaller, "", &Parser::number},
      {"SUBJECT", SearchKind::header, "Subject", &Parser::text},
      {"TEXT", SearchKind::text, "", &Parser::text},
      {"THREADID", thread_id, "", &Parser::text},
      {"TO", SearchKind::header, "To", &Parser::text},
      {"UID", uid, "", &Parser::set},
      {"UNANSWERED", SearchKind::flag, "\\Answered", none, true},
      {"UNDELETED", SearchKind::flag, "\\Deleted", none, true},
      {"UNDRAFT", SearchKind::flag, "\\Draft", none, true},
      {"UNFLAGGED", SearchKind::flag, "\\Flagged", none, true},
      {"UNKEYWORD", SearchKind::flag, "", &Parser::flag, true},
      {"UNSEEN", SearchKind::flag, "\\Seen", none, true},
      {"YOUNGER", younger, "", &Parser::number},
  }};
  return rows;
}

bool Parser::text(SearchKey& out, std::size_t) {
  std::string_view value;
  if (!in_.expect_astring(value, "search text expected")) return false;
  out.text = value;
  return true;
}

bool Parser::flag(SearchKey& out, std::size_t) {
  std::string_view value;
  if (!in_.try_flag(value)) return in_.fail("keyword expected");
  out.text = canonical_flag(value);
  return true;
}

bool Parser::header(SearchKey& out, std::size_t) {
  std::string_view name;
  if (!in_.expect_astring(name, "header field expected") || !in_.expect_space()) return false;
  out.field = name;
  return text(out, 0);
}

bool Parser::number(SearchKey& out, std::size_t) {
  return in_.expect_number64(out.number, "number expected");
}

bool Parser::modseq(SearchKey& out, std::size_t) {
  StringValue entry;
  std::string_view type;
  if (in_.try_quoted(entry))  // RFC 7162 3.1.5: entry name and type, of no effect for flags
    if (!in_.expect_space() || !in_.expect_atom(type, "entry type expected") || !in_.expect_space())
      return false;
  return number(out, 0);
}

bool Parser::day(SearchKey& out, std::size_t) {
  std::string_view value;
  if (!in_.expect_astring(value, "date expected")) return false;
  const auto date = parse_date(value);
  if (!date) return in_.fail("malformed date");
  out.day = *date;
  return true;
}

bool Parser::set(SearchKey& out, std::size_t) {
  return expect_sequence_set(in_, out.set);
}

bool Parser::child(SearchKey& out, std::size_t depth) {
  if (!out.children.empty() && !in_.expect_space()) return false;
  return key(out.children.emplace_back(), depth + 1);
}

bool Parser::by_word(const Row& row, SearchKey& out, std::size_t depth) {
  SearchKey* target = &out;
  if (row.negated) {
    out.kind = SearchKind::none_of;
    target = &out.children.emplace_back();
  }
  target->kind = row.kind;
  (row.kind == SearchKind::flag ? target->text : target->field) = row.name;
  if (row.argument == nullptr) return true;
  return in_.expect_space() && (this->*row.argument)(*target, depth);
}

bool Parser::key(SearchKey& out, std::size_t depth) {
  if (depth > max_nesting) return in_.fail("search nested too deeply");
  if (++count_ > max_keys) return in_.fail("too many search keys");
  if (in_.try_byte('(')) {
    return keys(out, depth + 1) && in_.expect_byte(')', "search group not closed");
  }
  const char first = in_.peek();
  if ((first >= '0' && first <= '9') || first == '*' || first == '$') {
    out.kind = SearchKind::sequence;
    return set(out, depth);
  }
  if (in_.try_word("NEW")) {  // RECENT UNSEEN
    out.kind = SearchKind::all_of;
    SearchKey recent{.kind = SearchKind::flag, .text = "\\Recent"};
    SearchKey seen{.kind = SearchKind::flag, .text = "\\Seen"};
    SearchKey unseen{.kind = SearchKind::none_of, .children = {seen}};
    out.children = {recent, unseen};
    return true;
  }
  for (const Row& row : table())
    if (in_.try_word(row.word)) return by_word(row, out, depth);
  return in_.fail("unknown search key");
}

bool Parser::keys(SearchKey& out, std::size_t depth) {
  SearchKey first;
  if (!key(first, depth)) return false;
  if (in_.peek() != ' ') {
    out = std::move(first);
    return true;
  }
  out.kind = SearchKind::all_of;
  out.children.push_back(std::move(first));
  while (in_.try_byte(' '))
    if (!key(out.children.emplace_back(), depth)) return false;
  return true;
}

}  // namespace

bool expect_search_keys(Decoder& in, SearchKey& out) {
  return Parser(in).keys(out, 0);
}

}  // namespace tandem::imap
