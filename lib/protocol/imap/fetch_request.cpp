#include "lib/protocol/imap/fetch_request.hpp"

#include <array>

#include "lib/protocol/imap/decoder.hpp"

namespace tandem::imap {
namespace {

struct Row {
  std::string_view word;
  bool FetchAttributes::* member;
};

constexpr std::array<Row, 12> attributes = {{
    {"UID", &FetchAttributes::uid},
    {"FLAGS", &FetchAttributes::flags},
    {"INTERNALDATE", &FetchAttributes::internal_date},
    {"RFC822.SIZE", &FetchAttributes::size},
    {"ENVELOPE", &FetchAttributes::envelope},
    {"BODYSTRUCTURE", &FetchAttributes::body_structure},
    {"MODSEQ", &FetchAttributes::modseq},
    {"PREVIEW", &FetchAttributes::preview},
    {"SAVEDATE", &FetchAttributes::save_date},
    {"EMAILID", &FetchAttributes::email_id},
    {"THREADID", &FetchAttributes::thread_id},
    {"BODY", &FetchAttributes::body},
}};

constexpr std::size_t max_bodies = 100;

bool try_macro(Decoder& in, FetchAttributes& out) {
  const bool full = in.try_word("FULL");
  const bool all = full || in.try_word("ALL");
  if (!all && !in.try_word("FAST")) return false;
  out.flags = out.internal_date = out.size = true;
  out.envelope = all;
  out.body = full;
  return true;
}

// The word before a section: everything up to `[`. An atom byte ends a word, `[` is one: the words
// with a section are compared with it.
bool expect_body(Decoder& in, FetchAttributes& out) {
  struct Form {
    std::string_view word;
    BodyForm form;
    bool peek;
  };
  constexpr std::array<Form, 5> forms = {{{"BODY.PEEK", BodyForm::body, true},
                                          {"BODY", BodyForm::body, false},
                                          {"BINARY.PEEK", BodyForm::binary, true},
                                          {"BINARY.SIZE", BodyForm::binary_size, true},
                                          {"BINARY", BodyForm::binary, false}}};
  for (const Form& form : forms) {
    const std::size_t start = in.position();
    bool found = true;
    for (const char byte : form.word)
      found = found &&
              (in.try_byte(byte) || (byte >= 'A' && in.try_byte(static_cast<char>(byte + 32))));
    if (!found || in.peek() != '[') {
      in.move_to(start);
      continue;
    }
    BodyRequest body{.form = form.form, .peek = form.peek};
    if (!expect_section(in, body.section)) return false;
    if (form.form != BodyForm::body && body.section.text != SectionText::whole)
      return in.fail("BINARY takes part numbers only");
    if (in.peek() == '<' && !expect_partial(in, body.partial.emplace())) return false;
    out.bodies.push_back(std::move(body));
    return true;
  }
  return in.fail("unknown fetch attribute");
}

bool expect_attribute(Decoder& in, FetchAttributes& out) {
  if (out.bodies.size() > max_bodies) return in.fail("too many body sections");
  if (in.try_word("PREVIEW")) {
    out.preview = true;
    const std::size_t start = in.position();
    if (in.try_byte(' ') && in.try_word("(LAZY)"))
      out.preview_lazy = true;
    else
      in.move_to(start);
    return true;
  }
  for (const Row& row : attributes) {
    if (!in.try_word(row.word)) continue;
    out.*row.member = true;
    return true;
  }
  if (in.try_word("RFC822.HEADER")) {
    Section header{.text = SectionText::header};
    out.bodies.push_back({.form = BodyForm::rfc822_header, .section = header, .peek = true});
  } else if (in.try_word("RFC822.TEXT")) {
    Section text{.text = SectionText::text};
    out.bodies.push_back({.form = BodyForm::rfc822_text, .section = text});
  } else if (in.try_word("RFC822")) {
    out.bodies.push_back({.form = BodyForm::rfc822});
  } else {
    return expect_body(in, out);
  }
  return true;
}

std::string body_text(const BodyRequest& body) {
  switch (body.form) {
    case BodyForm::rfc822: return "RFC822";
    case BodyForm::rfc822_header: return "RFC822.HEADER";
    case BodyForm::rfc822_text: return "RFC822.TEXT";
    case BodyForm::body:
    case BodyForm::binary:
    case BodyForm::binary_size: break;
  }
  std::string text = body.form == BodyForm::body ? "BODY" : "BINARY";
  if (body.form == BodyForm::binary_size)
    text += ".SIZE";
  else if (body.peek)
    text += ".PEEK";
  text += '[' + to_string(body.section) + ']';
  if (body.partial)
    text +=
        '<' + std::to_string(body.partial->offset) + '.' + std::to_string(body.partial->size) + '>';
  return text;
}

}  // namespace

bool expect_fetch_attributes(Decoder& in, FetchAttributes& out) {
  if (try_macro(in, out)) return true;
  if (!in.try_byte('(')) return expect_attribute(in, out);
  do {
    if (!expect_attribute(in, out)) return false;
  } while (in.try_byte(' '));
  return in.expect_byte(')', "fetch attributes not closed");
}

std::string to_string(const FetchAttributes& wanted) {
  std::string text = "(";
  const auto add = [&text](std::string_view word) {
    if (text.size() > 1) text += ' ';
    text += word;
  };
  for (const Row& row : attributes)
    if (wanted.*row.member) add(row.word);
  for (const std::string& word : wanted.extra) add(word);
  for (const BodyRequest& body : wanted.bodies) add(body_text(body));
  return text + ')';
}

}  // namespace tandem::imap
