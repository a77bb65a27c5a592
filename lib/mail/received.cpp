#include "lib/mail/received.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_name = 255;
constexpr std::size_t max_listed = 1'000;
constexpr std::size_t trace_id_length = 26;

// Only what a host name or address literal may hold.
std::string host_text(std::string_view text) {
  std::string out(text.substr(0, max_name));
  std::ranges::replace_if(
      out,
      [](char c) {
        const bool alnum =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !alnum && c != '.' && c != '-' && c != '_' && c != ':' && c != '[' && c != ']';
      },
      '?');
  return out;
}

// A recipient as given to RCPT: no byte that could end the line or the field.
std::string path_text(std::string_view text) {
  std::string out(text.substr(0, 2 * max_name));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return out;
}

std::string* slot(ReceivedField& field, std::string_view keyword) {
  if (iequals(keyword, "from")) return &field.from;
  if (iequals(keyword, "by")) return &field.by;
  if (iequals(keyword, "via")) return &field.via;
  if (iequals(keyword, "with")) return &field.with;
  if (iequals(keyword, "id")) return &field.id;
  if (iequals(keyword, "for")) return &field.for_recipient;
  return nullptr;
}

std::string without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

bool names_us(std::string_view by, std::span<const std::string> our_names) {
  return our_names.empty() ||
         std::ranges::any_of(our_names, [&](const auto& name) { return iequals(name, by); });
}

}  // namespace

std::string make_received(const TraceStamp& stamp) {
  const bool is_ipv6 = stamp.client_address.find(':') != std::string::npos;
  std::string out = "Received: from " + (stamp.helo.empty() ? "unknown" : host_text(stamp.helo));
  out += " (";
  out += stamp.client_name.empty() ? "unknown" : host_text(stamp.client_name);
  out += is_ipv6 ? " [IPv6:" : " [";
  out += host_text(stamp.client_address) + "])\r\n";
  out += " by " + host_text(stamp.by) + " with " + host_text(stamp.protocol) + " id " +
         host_text(stamp.trace_id);
  if (!stamp.for_recipient.empty()) out += "\r\n for <" + path_text(stamp.for_recipient) + ">";
  return out + ";\r\n " + format_date(stamp.date) + "\r\n";
}

ReceivedField parse_received(std::string_view value) {
  ReceivedField field;
  Lexer lexer(value);
  lexer.skip_cfws();
  while (!lexer.done() && lexer.peek() != ';') {
    auto* target = slot(field, lexer.run(";("));
    lexer.skip_cfws();
    if (!target || lexer.done() || lexer.peek() == ';') continue;
    const auto word = lexer.peek() == '"' ? lexer.quoted_string() : std::string(lexer.run(";("));
    const bool is_first = target->empty();
    if (is_first) *target = without_brackets(word);
    std::string comment;
    lexer.skip_cfws(&comment);
    if (is_first && target == &field.from) field.from_comment = comment;
  }
  if (lexer.take(';')) field.date = parse_date(value.substr(lexer.position()));
  return field;
}

std::vector<ReceivedField> received_fields(const HeaderView& header) {
  std::vector<ReceivedField> fields;
  for (const auto& field : header) {
    if (fields.size() == max_listed) break;
    if (iequals(field.name, "received")) fields.push_back(parse_received(field.value));
  }
  return fields;
}

std::optional<MailDate> arrival_date(const HeaderView& header) {
  for (const ReceivedField& one : received_fields(header))
    if (one.date) return one.date;
  return parse_date(header.text("Date"));
}

std::size_t count_received(const HeaderView& header) {
  return header.count("received");
}

bool is_trace_id(std::string_view text) {
  return text.size() == trace_id_length && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
         });
}

std::vector<std::string> trace_ids(const HeaderView& header,
                                   std::span<const std::string> our_names) {
  std::vector<std::string> ids;
  for (auto& field : received_fields(header))
    if (is_trace_id(field.id) && names_us(field.by, our_names)) ids.push_back(std::move(field.id));
  return ids;
}

std::optional<std::string> find_trace_id(const HeaderView& header,
                                         std::span<const std::string> our_names) {
  auto ids = trace_ids(header, our_names);
  return ids.empty() ? std::nullopt : std::optional(std::move(ids.front()));
}

}  // namespace tandem::mail
