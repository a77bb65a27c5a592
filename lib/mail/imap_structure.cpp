#include "lib/mail/imap_structure.hpp"

#include <algorithm>

namespace tandem::mail {
namespace {

using Text = std::optional<std::string>;

bool fits_quoted(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && c != '\r' && c != '\n' && c != '\0';
  });
}

void append_string(std::string& out, std::string_view text) {
  if (!fits_quoted(text)) {
    out += "{" + std::to_string(text.size()) + "}\r\n";
    const auto from = out.size();
    out += text;
    std::ranges::replace(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), '\0', '?');
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_nstring(std::string& out, const Text& text) {
  if (text) {
    append_string(out, *text);
  } else {
    out += "NIL";
  }
}

void append_address(std::string& out, const ListedAddress& address) {
  out += '(';
  append_nstring(out, address.name);
  out += ' ';
  append_nstring(out, address.route);
  out += ' ';
  // A host of NIL would mean a group, an empty one confuses readers: named as Dovecot names them.
  if (address.mailbox && address.mailbox->empty()) {
    out += "\"MISSING_MAILBOX\"";
  } else {
    append_nstring(out, address.mailbox);
  }
  out += ' ';
  if (address.host && address.host->empty()) {
    out += "\"MISSING_DOMAIN\"";
  } else {
    append_nstring(out, address.host);
  }
  out += ')';
}

void append_addresses(std::string& out, const std::vector<ListedAddress>& list) {
  out += ' ';
  if (list.empty()) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const auto& address : list) append_address(out, address);
  out += ')';
}

void append_envelope(std::string& out, const Envelope& envelope) {
  const auto or_from = [&](const auto& list) -> const std::vector<ListedAddress>& {
    return list.empty() ? envelope.from : list;
  };
  out += '(';
  append_nstring(out, envelope.date);
  out += ' ';
  append_nstring(out, envelope.subject);
  append_addresses(out, envelope.from);
  append_addresses(out, or_from(envelope.sender));
  append_addresses(out, or_from(envelope.reply_to));
  append_addresses(out, envelope.to);
  append_addresses(out, envelope.cc);
  append_addresses(out, envelope.bcc);
  out += ' ';
  append_nstring(out, envelope.in_reply_to);
  out += ' ';
  append_nstring(out, envelope.message_id);
  out += ')';
}

void append_parameters(std::string& out, const Parameters& parameters) {
  if (parameters.empty()) {
    out += "NIL";
    return;
  }
  char separator = '(';
  for (const auto& parameter : parameters) {
    out += separator;
    append_string(out, parameter.name);
    out += ' ';
    append_string(out, parameter.value);
    separator = ' ';
  }
  out += ')';
}

// body-fld-dsp, body-fld-lang, body-fld-loc, each with a blank before it.
void append_extension(std::string& out, const Part& part) {
  out += ' ';
  if (part.disposition) {
    out += '(';
    append_string(out, *part.disposition);
    out += ' ';
    append_parameters(out, part.disposition_parameters);
    out += ')';
  } else {
    out += "NIL";
  }
  out += ' ';
  if (part.languages.empty()) {
    out += "NIL";
  } else {
    char separator = '(';
    for (const auto& language : part.languages) {
      out += separator;
      append_string(out, language);
      separator = ' ';
    }
    out += ')';
  }
  out += ' ';
  append_nstring(out, part.location);
}

void append_structure(std::string& out, const Part& part, bool extended);

void append_multipart(std::string& out, const Part& part, bool extended) {
  for (const auto& child : part.children) append_structure(out, child, extended);
  out += ' ';
  append_string(out, part.subtype);
  if (!extended) return;
  out += ' ';
  append_parameters(out, part.parameters);
  append_extension(out, part);
}

void append_single(std::string& out, const Part& part, bool extended) {
  append_string(out, part.type);
  out += ' ';
  append_string(out, part.subtype);
  out += ' ';
  append_parameters(out, part.parameters);
  out += ' ';
  append_nstring(out, part.id);
  out += ' ';
  append_nstring(out, part.description);
  out += ' ';
  append_string(out, part.encoding);
  out += ' ' + std::to_string(part.body_size());
  if (part.is_message()) {
    const auto& message = part.children.front();
    out += ' ';
    append_envelope(out, message.envelope ? *message.envelope : Envelope());
    out += ' ';
    append_structure(out, message, extended);
  }
  if (part.type == "text" || part.is_message()) out += ' ' + std::to_string(part.body_lines);
  if (!extended) return;
  out += ' ';
  append_nstring(out, part.md5);
  append_extension(out, part);
}

void append_structure(std::string& out, const Part& part, bool extended) {
  out += '(';
  if (part.is_multipart()) {
    append_multipart(out, part, extended);
  } else {
    append_single(out, part, extended);
  }
  out += ')';
}

}  // namespace

std::string imap_nstring(const std::optional<std::string>& text) {
  std::string out;
  append_nstring(out, text);
  return out;
}

std::string imap_string(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

std::string imap_envelope(const Envelope& envelope) {
  std::string out;
  append_envelope(out, envelope);
  return out;
}

std::string imap_bodystructure(const Part& part, bool extended) {
  std::string out;
  append_structure(out, part, extended);
  return out;
}

}  // namespace tandem::mail
