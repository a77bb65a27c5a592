#include "server/smtp/header_edit.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "lib/base/text.hpp"

namespace tandem::server {
namespace {

constexpr std::string_view not_from_others[] = {"Return-Path"};
// RFC 5322 3.6.3: Bcc is for the sender's eyes.
constexpr std::string_view not_from_clients[] = {"Return-Path", "Bcc", "Resent-Bcc"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view one) { return iequals(one, name); });
}

std::string rest(const mail::HeaderView& header, std::span<const std::string_view> without) {
  std::string out;
  for (const mail::HeaderField& field : header)
    if (!is_one_of(field.name, without)) out += field.raw;
  if (header.complete()) out += "\r\n";
  return out;
}

std::string return_path(const std::string& sender) {
  return "Return-Path: <" + sender + ">\r\n";
}

std::string trace_fields(const std::string& sender, const mail::TraceStamp& stamp) {
  return return_path(sender) + mail::make_received(stamp);
}

std::optional<smtp::Reply> refusal(const mail::HeaderView& header) {
  if (header.truncated()) return smtp::make_reply(554, "5.6.0", "The header has too many fields");
  if (mail::count_received(header) > most_hops)
    return smtp::make_reply(554, "5.4.6", "The message goes in circles: too many Received lines");
  return std::nullopt;
}

}  // namespace

std::expected<std::string, smtp::Reply> received_header(const mail::HeaderView& header,
                                                        const std::string& sender,
                                                        const mail::TraceStamp& stamp) {
  if (auto refused = refusal(header)) return std::unexpected(std::move(*refused));
  return trace_fields(sender, stamp) + rest(header, not_from_others);
}

std::expected<std::string, smtp::Reply> handed_over_header(const mail::HeaderView& header,
                                                           const std::string& sender,
                                                           const mail::TraceStamp&) {
  if (auto refused = refusal(header)) return std::unexpected(std::move(*refused));
  return return_path(sender) + rest(header, not_from_others);
}

std::expected<std::string, smtp::Reply> submitted_header(const mail::HeaderView& header,
                                                         const std::string& sender,
                                                         const mail::TraceStamp& stamp) {
  if (auto refused = refusal(header)) return std::unexpected(std::move(*refused));
  std::string added;
  if (header.find("Date") == nullptr) added += "Date: " + mail::format_date(stamp.date) + "\r\n";
  if (header.find("Message-ID") == nullptr)
    added += "Message-ID: <" + stamp.trace_id + "@" + stamp.by + ">\r\n";
  return trace_fields(sender, stamp) + added + rest(header, not_from_clients);
}

}  // namespace tandem::server
