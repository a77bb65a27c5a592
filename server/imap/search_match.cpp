#include "server/imap/search_match.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/mime.hpp"

namespace tandem::server {
namespace {

using imap::SearchKey;
using imap::SearchKind;

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::size_t most_text = 16 * 1024 * 1024;  // decoded text that is looked through

int cost(const SearchKey& key) {
  int most = 0;
  switch (key.kind) {
    case SearchKind::sent_before:
    case SearchKind::sent_on:
    case SearchKind::sent_since: return 1;
    case SearchKind::header:
      return iequals(key.field, "Received") || iequals(key.field, "Message-ID") ? 2 : 3;
    case SearchKind::body:
    case SearchKind::text: return 4;
    default:
      for (const SearchKey& child : key.children) most = std::max(most, cost(child));
      return most;
  }
}

std::int64_t day_seconds(const SearchKey& key) {
  return key.day.time_since_epoch().count() * seconds_per_day;
}

// The day in the zone the date was written in, as seconds.
std::int64_t local_day(const imap::DateTime& date) {
  const std::int64_t local = date.unix_seconds + std::int64_t{date.zone_minutes} * 60;
  const std::int64_t rest = ((local % seconds_per_day) + seconds_per_day) % seconds_per_day;
  return local - rest;
}

bool has_flag(const SearchKey& key, const MessageRow& row, const SearchContext& context) {
  if (iequals(key.text, "\\Recent")) return row.uid >= context.recent_from;
  return row.flags.has(key.text);
}

// all_of: one false decides; any_of: one true decides.
std::optional<bool> quick_children(const SearchKey& key, const MessageRow& row,
                                   const SearchContext& context, bool decides) {
  bool unknown = false;
  for (const SearchKey& child : key.children) {
    const auto one = quick_match(child, row, context);
    if (one == decides) return decides;
    unknown = unknown || !one;
  }
  if (unknown) return std::nullopt;
  return !decides;
}

bool contains(std::string_view text, const std::string& needle) {
  return needle.empty() || lower(text).find(needle) != std::string::npos;
}

void append_text(std::string_view message, const mail::Part& part, std::string& out) {
  if (part.is_message() && part.header_begin != part.children.front().header_begin) {
    const mail::Part& root = part.children.front();
    out += mail::decode_header_text(
        message.substr(root.header_begin, root.body_begin - root.header_begin));
  }
  for (const mail::Part& child : part.children) append_text(message, child, out);
  if (!part.children.empty() || part.type != "text" || out.size() > most_text) return;
  out += mail::decode_text(message, part, most_text);
  out.push_back('\n');
}

}  // namespace

void prepare(SearchKey& key) {
  if (key.kind == SearchKind::header || key.kind == SearchKind::body ||
      key.kind == SearchKind::text)
    key.text = lower(key.text);
  for (SearchKey& child : key.children) prepare(child);
  if (key.kind == SearchKind::all_of || key.kind == SearchKind::any_of)
    std::ranges::sort(key.children, {}, cost);
}

bool needs_message(const SearchKey& key) {
  return cost(key) > 0;
}

std::optional<bool> quick_match(const SearchKey& key, const MessageRow& row,
                                const SearchContext& context) {
  switch (key.kind) {
    case SearchKind::all: return true;
    case SearchKind::all_of: return quick_children(key, row, context, false);
    case SearchKind::any_of: return quick_children(key, row, context, true);
    case SearchKind::none_of: {
      const auto inner = quick_match(key.children.front(), row, context);
      return inner ? std::optional(!*inner) : std::nullopt;
    }
    case SearchKind::sequence:
    case SearchKind::uid: return key.set.contains(row.uid);
    case SearchKind::flag: return has_flag(key, row, context);
    case SearchKind::larger: return row.size > key.number;
    case SearchKind::smaller: return row.size < key.number;
    case SearchKind::before: return local_day(row.internal_date) < day_seconds(key);
    case SearchKind::on: return local_day(row.internal_date) == day_seconds(key);
    case SearchKind::since: return local_day(row.internal_date) >= day_seconds(key);
    case SearchKind::older:
      return row.internal_date.unix_seconds < context.now - static_cast<std::int64_t>(key.number);
    case SearchKind::younger:
      return row.internal_date.unix_seconds >= context.now - static_cast<std::int64_t>(key.number);
    case SearchKind::modseq: return row.modseq >= key.number;
    case SearchKind::saved_before:
    case SearchKind::saved_on:
    case SearchKind::saved_since:
    case SearchKind::save_date_supported:
    case SearchKind::email_id:
    case SearchKind::thread_id: return false;
    case SearchKind::sent_before:
    case SearchKind::sent_on:
    case SearchKind::sent_since:
    case SearchKind::header:
    case SearchKind::body:
    case SearchKind::text: return std::nullopt;
  }
  return std::nullopt;
}

Result<bool> FullMatch::matches(const SearchKey& key) {
  if (const auto known = quick_match(key, row_, context_)) return *known;
  switch (key.kind) {
    case SearchKind::none_of: {
      auto inner = matches(key.children.front());
      if (!inner) return inner;
      return !*inner;
    }
    case SearchKind::all_of:
    case SearchKind::any_of: {
      const bool decides = key.kind == SearchKind::any_of;
      for (const SearchKey& child : key.children) {
        auto one = matches(child);
        if (!one || *one == decides) return one;
      }
      return !decides;
    }
    case SearchKind::sent_before: return row_.sent && *row_.sent < day_seconds(key);
    case SearchKind::sent_on: return row_.sent && *row_.sent == day_seconds(key);
    case SearchKind::sent_since: return row_.sent && *row_.sent >= day_seconds(key);
    case SearchKind::header: return header_matches(key);
    default: return text_matches(key);
  }
}

Result<void> FullMatch::load_header() {
  if (header_) return {};
  if (message_) {
    header_ = message_->substr(0, row_.header_size);
    return {};
  }
  auto header = context_.blobs->read(row_.blob, 0, row_.header_size);
  if (!header) return fail(std::move(header.error()));
  header_ = std::move(*header);
  return {};
}

Result<void> FullMatch::load_message() {
  if (message_) return {};
  auto message = context_.blobs->read(row_.blob);
  if (!message) return fail(std::move(message.error()));
  message_ = std::move(*message);
  return {};
}

Result<bool> FullMatch::header_matches(const SearchKey& key) {
  constexpr std::size_t longest_kept_id = 1000;
  if (iequals(key.field, "Received") && row_.received)
    return !row_.received->empty() && contains(*row_.received, key.text);
  if (iequals(key.field, "Message-ID") && !row_.message_id.empty() &&
      row_.message_id.size() < longest_kept_id && contains(row_.message_id, key.text))
    return true;
  if (auto loaded = load_header(); !loaded) return fail(std::move(loaded.error()));
  const mail::HeaderView header(*header_);
  for (const mail::HeaderField* field : header.all(key.field))
    if (contains(mail::decode_header_text(field->value), key.text) ||
        contains(mail::unfold(field->value), key.text))
      return true;
  return false;
}

Result<bool> FullMatch::text_matches(const SearchKey& key) {
  if (auto loaded = load_message(); !loaded) return fail(std::move(loaded.error()));
  if (key.kind == SearchKind::text) {
    if (auto loaded = load_header(); !loaded) return fail(std::move(loaded.error()));
    const mail::HeaderView header(*header_);
    for (const mail::HeaderField& field : header)
      if (contains(field.raw, key.text) ||
          contains(mail::decode_header_text(field.value), key.text))
        return true;
  }
  if (!body_text_) {
    std::string text;
    append_text(*message_, mail::parse_message(*message_), text);
    body_text_ = lower(text);
  }
  return body_text_->find(key.text) != std::string::npos;
}

}  // namespace tandem::server
