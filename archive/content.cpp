#include "archive/content.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>

#include "lib/mail/header.hpp"
#include "lib/mail/received.hpp"

namespace tandem::archive {
namespace {

constexpr std::uint64_t content_piece = 64 * 1024;
constexpr std::size_t most_dated_header = 1024 * 1024;

// Dovecot's zlib plugin keeps messages in a Maildir compressed, under ordinary names.
bool is_compressed(std::string_view start) {
  constexpr std::array<std::string_view, 5> magic = {"\x1f\x8b", "BZh91AY",
                                                     "\xfd"
                                                     "7zXZ",
                                                     "\x28\xb5\x2f\xfd", "\x04\x22\x4d\x18"};
  return std::ranges::any_of(magic,
                             [start](std::string_view one) { return start.starts_with(one); });
}

void add_missing_cr(std::string_view bytes, bool& after_cr, std::string& out) {
  for (std::size_t from = 0; from < bytes.size();) {
    const auto at = bytes.find('\n', from);
    const auto end = std::min(at, bytes.size());
    out += bytes.substr(from, end - from);
    if (end > from) after_cr = bytes[end - 1] == '\r';
    if (at == std::string_view::npos) return;
    if (!after_cr) out += '\r';
    out += '\n';
    after_cr = false;
    from = at + 1;
  }
}

std::optional<std::int64_t> date_in(std::string_view header) {
  const auto date = mail::arrival_date(mail::HeaderView(header));
  if (!date) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(date->time.time_since_epoch()).count();
}

}  // namespace

Content::Content(store::File file, const Local& message)
    : file_(std::move(file)),
      at_(message.offset),
      end_(message.offset + message.length),
      add_cr_(message.add_cr) {
  if (message.unquote) unquoting_.emplace(mail::MboxQuoting::Way::unquote);
}

Result<Content> Content::open(const Local& message) {
  auto file = store::File::open(message.file, O_RDONLY);
  if (!file) return fail(file.error());
  return Content(std::move(*file), message);
}

Result<void> Content::read(std::string& piece) {
  piece.clear();
  std::string raw;
  while (piece.empty() && at_ < end_) {
    raw.resize(std::min(content_piece, end_ - at_));
    if (auto done = file_.read(raw, at_); !done) return done;
    at_ += raw.size();
    if (unquoting_) {
      std::string unquoted;
      unquoting_->feed(raw, unquoted);
      if (at_ == end_) unquoting_->finish(unquoted);
      raw = std::move(unquoted);
    }
    if (add_cr_)
      add_missing_cr(raw, after_cr_, piece);
    else
      piece.swap(raw);
  }
  return {};
}

Result<Measured> measure(const Local& message, const mail::DigestOptions& options) {
  auto content = Content::open(message);
  if (!content) return fail(content.error());
  Measured measured;
  mail::DigestStream digests(options);
  std::string header;
  std::string piece;
  while (true) {
    if (auto done = content->read(piece); !done) return fail(done.error());
    if (piece.empty()) break;
    if (measured.size == 0 && !message.origin.known() && is_compressed(piece))
      return fail(Error{.kind = ErrorKind::invalid,
                        .what = "the file is compressed",
                        .next_step = "Unpack it (for instance with zcat), keep its name, then run "
                                     "the same command again."});
    measured.size += piece.size();
    digests.update(piece);
    if (header.size() < most_dated_header)
      header += piece.substr(0, most_dated_header - header.size());
  }
  const mail::StableDigest digest = digests.finish();
  measured.identity = sync::identity_of(
      digest, digest.stable_fields > 0 ? sync::size_behind_header(measured.size, digest)
                                       : digest.body_size);
  measured.likeness = sync::likeness_of(digest);
  measured.whole = sync::whole_identity_of(digest);
  measured.trace = digest.trace_id.value_or("");
  measured.dated = date_in(header);
  return measured;
}

}  // namespace tandem::archive
