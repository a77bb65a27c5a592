#include "lib/mail/dsn.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/mail/dsn_parts.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/transfer.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_recipients = 1000;

// RFC 2045 6.8: lines of at most 76 characters.
std::string base64_lines(std::string_view bytes) {
  const auto encoded = base64_encode(bytes);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += 76) lines += encoded.substr(at, 76) + "\r\n";
  return lines;
}

std::string part(std::string_view type, std::string_view encoding, std::string_view body) {
  return fmt::format("Content-Type: {}\r\nContent-Transfer-Encoding: {}\r\n\r\n{}", type, encoding,
                     body);
}

// RFC 3461 4.3: the whole message only where somebody did not get it.
bool returns_all(const Dsn& dsn) {
  return dsn.return_full &&
         std::max(dsn.original.size(), dsn.original_size) <= max_returned_message &&
         (dsn.original_size == 0 || dsn.original.size() == dsn.original_size) &&
         std::ranges::any_of(dsn.recipients, [](const DsnRecipient& each) {
           return each.report.action == ReportAction::failed;
         });
}

// The header, cut between two fields where it is too long.
std::string_view returned_header(std::string_view original) {
  const HeaderView header(original);
  std::size_t size = 0;
  for (const auto& field : header) {
    if (size + field.raw.size() > max_returned_header) break;
    size += field.raw.size();
  }
  return original.substr(0, size);
}

// RFC 6522 4: broken headers may be encoded with quoted-printable.
std::string header_part(const Dsn& dsn, std::string_view header) {
  if (is_ascii(header)) return part("text/rfc822-headers", "7bit", header);
  if (dsn.smtputf8) return part("message/global-headers", "8bit", header);
  return part("text/rfc822-headers; charset=utf-8", "quoted-printable",
              encode_quoted_printable(header));
}

// RFC 6533 6 and 7: message/global where the header is beyond ASCII and that was asked for. It
// could be encoded (RFC 6532 3.5); readers that take it for a message/rfc822 do not undo that.
std::string original_part(const Dsn& dsn) {
  const auto header = returned_header(dsn.original);
  if (!returns_all(dsn)) return header_part(dsn, header);
  if (is_ascii(dsn.original)) return part("message/rfc822", "7bit", dsn.original);
  const bool global = dsn.smtputf8 && !is_ascii(header);
  return part(global ? "message/global" : "message/rfc822", "8bit", dsn.original);
}

std::string boundary_for(const Dsn& dsn, std::string_view content) {
  std::string boundary = "=_" + hex_encode(sha256(dsn.message_id)).substr(0, 32);
  while (content.find(boundary) != std::string_view::npos)
    boundary = "=_" + hex_encode(sha256(boundary)).substr(0, 32);
  return boundary;
}

// RFC 3834 3.1.5: an answer names what it answers.
std::string reference(std::string_view original) {
  const auto id = HeaderView(original).text("Message-ID");
  const bool usable = id.size() > 2 && id.size() < 500 && id.front() == '<' && id.back() == '>' &&
                      is_ascii(id) && id.find_first_of(" \t") == std::string::npos;
  return usable ? fmt::format("In-Reply-To: {0}\r\nReferences: {0}\r\n", id) : "";
}

// `encoding`: that of the whole, which covers its parts (RFC 2045 6.4).
std::string header(const Dsn& dsn, std::string_view report_type, std::string_view encoding,
                   std::string_view boundary) {
  const auto from =
      dsn.from.empty() ? "MAILER-DAEMON@" + one_line(dsn.reporting_mta, 255) : one_line(dsn.from);
  std::string text = fmt::format("From: Mail Delivery System <{}>\r\n", from);
  text += fmt::format("To: <{}>\r\n", one_line(dsn.to));
  text += fmt::format("Subject: {}\r\n", encode_header_text(dsn_subject(dsn), 9));
  text += fmt::format("Date: {}\r\n", format_date(dsn.date));
  text += fmt::format("Message-ID: <{}>\r\n", one_line(dsn.message_id, 900));
  text += reference(dsn.original);
  text += "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n";
  text += fmt::format("Content-Type: multipart/report; report-type={};\r\n boundary=\"{}\"\r\n",
                      report_type, boundary);
  text += fmt::format("Content-Transfer-Encoding: {}\r\n\r\n", encoding);
  return text;
}

Result<void> check(const Dsn& dsn) {
  if (dsn.to.empty()) return fail(ErrorKind::invalid, "there is no report to the null sender");
  if (dsn.recipients.empty()) return fail(ErrorKind::invalid, "a report without a recipient");
  if (dsn.recipients.size() > max_recipients)
    return fail(ErrorKind::limit, "a report on more than 1,000 recipients");
  if (!dsn.smtputf8 && !is_ascii(dsn.to))
    return fail(ErrorKind::invalid, "the sender's address cannot be written without SMTPUTF8");
  return {};
}

}  // namespace

Result<WrittenDsn> write_dsn(const Dsn& dsn) {
  if (auto good = check(dsn); !good) return fail(good.error());
  const auto status = dsn_status(dsn, dsn.smtputf8);
  const bool utf8_header = !is_ascii(returned_header(dsn.original));
  const bool utf8 = dsn.smtputf8 && (!is_ascii(status) || !is_ascii(dsn.to) || utf8_header);
  const std::string report_type = utf8 ? "global-delivery-status" : "delivery-status";
  const std::string parts[] = {
      part("text/plain; charset=utf-8", "base64", base64_lines(dsn_text(dsn))),
      part("message/" + report_type, utf8 ? "8bit" : "7bit", status), original_part(dsn)};

  const auto boundary = boundary_for(dsn, parts[2]);
  std::string body;
  for (const auto& each : parts) body += fmt::format("--{}\r\n{}\r\n", boundary, each);
  body += fmt::format("--{}--\r\n", boundary);
  const std::string_view encoding = is_ascii(body) ? "7bit" : "8bit";
  WrittenDsn written{.bytes = header(dsn, report_type, encoding, boundary)};
  written.smtputf8 = utf8;
  written.bytes += body;
  written.eight_bit = !is_ascii(written.bytes);
  return written;
}

}  // namespace tandem::mail
