#include "lib/protocol/imap/fetch_response.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

using response::Body;
using response::Fetch;

bool date(Decoder& in, std::optional<DateTime>& out) {
  StringValue value;
  if (!in.try_nstring(value)) return in.fail("date expected");
  // A date that cannot be read is left out: some servers say year 0.
  if (!value.nil) out = parse_date_time(value.bytes);
  return true;
}

bool uid(Decoder& in, Fetch& out) {
  return in.expect_number(out.uid, "UID expected");
}
bool flags(Decoder& in, Fetch& out) {
  out.has_flags = true;
  out.flags.clear();
  return in.expect_flag_list(out.flags);
}
bool internal_date(Decoder& in, Fetch& out) {
  return date(in, out.internal_date);
}
bool save_date(Decoder& in, Fetch& out) {
  return date(in, out.save_date);
}
bool size(Decoder& in, Fetch& out) {
  return in.expect_number64(out.size.emplace(), "size expected");
}
bool modseq(Decoder& in, Fetch& out) {
  return in.expect_byte('(', "MODSEQ expected") &&
         in.expect_number64(out.modseq, "MODSEQ expected") &&
         in.expect_byte(')', "MODSEQ not closed");
}
bool envelope(Decoder& in, Fetch& out) {
  return in.skip_value(out.envelope);
}
bool structure(Decoder& in, Fetch& out) {
  return in.skip_value(out.body_structure);
}
bool object_id(Decoder& in, std::string_view& out) {
  if (in.try_word("NIL")) return true;
  return in.expect_byte('(', "id expected") && in.expect_atom(out, "id expected") &&
         in.expect_byte(')', "id not closed");
}
bool email_id(Decoder& in, Fetch& out) {
  return object_id(in, out.email_id);
}
bool thread_id(Decoder& in, Fetch& out) {
  return object_id(in, out.thread_id);
}
bool preview(Decoder& in, Fetch& out) {
  return in.try_nstring(out.preview) || in.fail("preview expected");
}

bool body_value(Decoder& in, Body& body) {
  if (body.form == BodyForm::binary_size) {
    std::uint64_t number = 0;
    if (!in.expect_number64(number, "size expected")) return false;
    body.value.size = number;
    return true;
  }
  return in.try_nstring(body.value) || in.fail("body expected");
}

template <BodyForm Form, SectionText Text>
bool rfc822(Decoder& in, Fetch& out) {
  Body& body = out.bodies.emplace_back();
  body.form = Form;
  body.section.text = Text;
  return body_value(in, body);
}

struct Row {
  std::string_view name;
  bool (*read)(Decoder&, Fetch&);
};
constexpr std::array<Row, 15> rows = {{
    {"UID", uid},
    {"FLAGS", flags},
    {"INTERNALDATE", internal_date},
    {"RFC822.SIZE", size},
    {"MODSEQ", modseq},
    {"ENVELOPE", envelope},
    {"BODYSTRUCTURE", structure},
    {"BODY", structure},
    {"RFC822", rfc822<BodyForm::rfc822, SectionText::whole>},
    {"RFC822.HEADER", rfc822<BodyForm::rfc822_header, SectionText::header>},
    {"RFC822.TEXT", rfc822<BodyForm::rfc822_text, SectionText::text>},
    {"SAVEDATE", save_date},
    {"EMAILID", email_id},
    {"THREADID", thread_id},
    {"PREVIEW", preview},
}};

struct BodyRow {
  std::string_view name;
  BodyForm form;
};
constexpr std::array<BodyRow, 3> body_rows = {{{"BODY", BodyForm::body},
                                               {"BINARY.SIZE", BodyForm::binary_size},
                                               {"BINARY", BodyForm::binary}}};

// BODY[…] and BINARY[…]: false without a failure if the item is none of them.
bool try_body(Decoder& in, Fetch& out, std::string_view& known) {
  const auto row = std::ranges::find_if(body_rows, [rest = in.rest()](const BodyRow& one) {
    return istarts_with(rest, one.name) && rest.substr(one.name.size()).starts_with('[');
  });
  if (row == body_rows.end()) return false;
  known = row->name;
  in.move_to(in.position() + row->name.size());
  Body& body = out.bodies.emplace_back();
  body.form = row->form;
  if (!expect_section(in, body.section)) return false;
  if (in.try_byte('<')) {
    if (!in.expect_number(body.offset.emplace(), "offset expected") ||
        !in.expect_byte('>', "offset not closed"))
      return false;
  }
  in.try_spaces();
  return body_value(in, body);
}

bool item(Decoder& in, Fetch& out, std::string_view& known) {
  known = {};
  if (try_body(in, out, known)) return true;
  if (in.failed() || !known.empty()) return false;
  std::string_view name;
  if (!in.expect_atom(name, "fetch item expected")) return false;
  const auto row =
      std::ranges::find_if(rows, [name](const Row& one) { return iequals(one.name, name); });
  if (row != rows.end()) known = row->name;
  if (!in.expect_space()) return false;
  if (row != rows.end()) return row->read(in, out);
  std::string_view value;
  if (!in.skip_value(value)) return false;
  out.other.emplace_back(name, value);
  return true;
}

}  // namespace

bool expect_fetch_items(Decoder& in, Fetch& out, bool prefix, std::string_view& known) {
  if (!in.expect_byte('(', "fetch items expected")) return false;
  in.try_spaces();
  while (!in.try_byte(')')) {
    const std::size_t bodies = out.bodies.size();
    if (!item(in, out, known)) return false;
    if (prefix && in.at_end())
      return out.bodies.size() > bodies && out.bodies.back().value.streamed;
    if (!in.try_spaces() && in.peek() != ')') return in.fail("fetch items not closed");
  }
  return !prefix;
}

}  // namespace tandem::imap
