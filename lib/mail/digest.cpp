#include "lib/mail/digest.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>

#include "lib/base/text.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/received.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_header = HeaderLimits{}.bytes;
constexpr std::size_t buffer_size = 16 * 1024;

// Sorted. Who adds or rewrites each: see the comment behind it.
constexpr std::array<std::string_view, 31> unstable_names{
    "accept-language",              // Exchange
    "apparently-to",                // sendmail
    "authentication-results",       // whoever receives
    "content-class",                // Exchange
    "content-language",             // Exchange
    "content-length",               // mbox stores
    "content-transfer-encoding",    // Exchange adds 7bit
    "delivered-to",                 // Postfix, qmail, Gmail
    "delivery-date",                // Exim
    "disposition-notification-to",  // disarmed by copiers
    "dkim-filter",                  // OpenDKIM
    "dkim-signature",               // relays sign again
    "domainkey-signature",          // likewise
    "domainkey-status",             // receivers of its day
    "envelope-from",                // relays
    "envelope-to",                  // Exim, cPanel
    "importance",                   // Exchange
    "lines",                        // mbox stores
    "mime-version",                 // Exchange
    "old-return-path",              // likewise
    "original-recipient",           // relays
    "priority",                     // Exchange
    "return-path",                  // whoever delivers last
    "return-receipt-to",            // disarmed by copiers
    "spamdiagnosticmetadata",       // Microsoft 365
    "spamdiagnosticoutput",         // likewise
    "status",                       // mbox stores
    "thread-index",                 // Exchange
    "thread-topic",                 // likewise
    "x400-received",                // gateways
    "x400-trace",                   // likewise
};
static_assert(std::ranges::is_sorted(unstable_names));

enum class Likeness : std::uint8_t { same, alike };

std::string stable_value(const HeaderField& field, bool is_date, Likeness wanted) {
  if (is_date) {
    if (const auto date = parse_date(field.value))
      return std::to_string(date->time.time_since_epoch().count() / 1000);
  }
  std::string out;
  for (const char c : field.value)
    if (c > 0x20 && c < 0x7F && c != '?' && c != '"' && (wanted == Likeness::same || c != 'X'))
      out += c;
  return out;
}

std::vector<std::string> stable_hashes(const HeaderView& header, Likeness wanted) {
  std::vector<std::string> hashes;
  for (const auto& field : header) {
    const auto name = lower(field.name);
    if (!is_stable_field(name)) continue;
    if (wanted == Likeness::alike && name == "message-id") continue;
    hashes.push_back(sha256(name + ":" + stable_value(field, name == "date", wanted)));
  }
  std::ranges::sort(hashes);
  return hashes;
}

void add_to(EVP_MD_CTX& hash, std::string_view text) {
  if (EVP_DigestUpdate(&hash, text.data(), text.size()) != 1)
    throw std::runtime_error("SHA-256 failed");
}

std::string result_of(EVP_MD_CTX& hash) {
  std::string result(32, '\0');
  unsigned length = 0;
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  if (EVP_DigestFinal_ex(&hash, out, &length) != 1) throw std::runtime_error("SHA-256 failed");
  return result;
}

std::string sha256_of_all(const std::vector<std::string>& hashes) {
  std::string all;
  for (const auto& one : hashes) all += one;
  return sha256(all);
}

}  // namespace

bool is_stable_field(std::string_view field_name) {
  const auto name = lower(field_name);
  const bool well_formed =
      !name.empty() && std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7F; });
  if (!well_formed) return false;
  for (const std::string_view prefix : {"x-", "arc-", "received"})
    if (name.starts_with(prefix)) return false;
  return !std::ranges::binary_search(unstable_names, std::string_view(name));
}

StableDigest digest_header(std::string_view header, const DigestOptions& options) {
  DigestStream stream(options);
  stream.update(header.substr(0, HeaderView(header, {.bytes = 0, .fields = 0}).block_size()));
  auto digest = stream.finish();
  digest.body.reset();
  digest.exact.reset();
  return digest;
}

StableDigest digest_message(std::string_view message, const DigestOptions& options) {
  DigestStream stream(options);
  stream.update(message);
  return stream.finish();
}

void DigestStream::CloseHash::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

DigestStream::DigestStream(DigestOptions options)
    : options_(std::move(options)), hash_(EVP_MD_CTX_new()) {
  if (!hash_ || EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("no SHA-256");
  if (options_.exact) {
    exact_.reset(EVP_MD_CTX_new());
    if (!exact_ || EVP_DigestInit_ex(exact_.get(), EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("no SHA-256");
  }
  buffer_.reserve(buffer_size);
}
DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::update(std::string_view chunk) {
  if (exact_) add_to(*exact_, chunk);
  if (!in_body_) chunk.remove_prefix(take_header(chunk));
  if (in_body_) take_body(chunk);
}

// The header's share of `chunk`: up to and with the empty line.
std::size_t DigestStream::take_header(std::string_view chunk) {
  std::size_t used = 0;
  while (used < chunk.size() && !in_body_) {
    const char c = chunk[used++];
    header_size_ += c == '\n' && last_ != '\r' ? 2 : 1;
    // An empty line is LF or CR LF at the start of a line.
    if (c == '\n') {
      in_body_ = line_is_empty_;
      line_is_empty_ = true;
    } else {
      line_is_empty_ = c == '\r' && last_ == '\n';
    }
    last_ = c;
  }
  if (header_.size() <= max_header)
    header_.append(chunk.substr(0, std::min(used, max_header + 1 - header_.size())));
  return used;
}

void DigestStream::take_body(std::string_view chunk) {
  body_size_ += chunk.size();
  while (!chunk.empty()) {
    const auto lf = chunk.find('\n');
    const auto line = chunk.substr(0, lf);
    put_text(line);
    if (!line.empty()) last_ = line.back();
    if (lf == std::string_view::npos) return;
    if (last_ != '\r') ++body_size_;
    ++held_line_ends_;
    last_ = '\n';
    chunk.remove_prefix(lf + 1);
  }
}

// Bytes without LF: without CR, and 0x80 as NUL. Nearly every line has neither and goes in whole.
void DigestStream::put_text(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool clean =
      line.find('\r') == std::string_view::npos && line.find('\x80') == std::string_view::npos;
  if (clean) return put(line);
  for (const char c : line) {
    const char byte = c == '\x80' ? '\0' : c;
    if (c != '\r') put({&byte, 1});
  }
}

// Text that is certainly body, behind the line ends that were held back.
void DigestStream::put(std::string_view text) {
  if (text.empty()) return;
  for (; held_line_ends_ > 0; --held_line_ends_) {
    buffer_ += '\n';
    if (buffer_.size() >= buffer_size) flush();
  }
  if (buffer_.size() + text.size() > buffer_size) flush();
  if (text.size() > buffer_size) return hash(text);
  buffer_ += text;
}

void DigestStream::hash(std::string_view text) {
  add_to(*hash_, text);
}

void DigestStream::flush() {
  hash(buffer_);
  buffer_.clear();
}

// Text without any field and without the empty line behind a header: all of it is the body.
void DigestStream::take_as_body() {
  if (in_body_ || header_.size() > max_header) return;
  for (const HeaderField& field : HeaderView(header_))
    if (!field.name.empty()) return;
  const std::string text = std::exchange(header_, {});
  header_size_ = 0;
  last_ = '\n';
  take_body(text);
}

StableDigest DigestStream::finish() {
  take_as_body();
  flush();
  const HeaderView header(header_);
  const auto hashes = stable_hashes(header, Likeness::same);
  StableDigest digest{.header = sha256_of_all(hashes),
                      .likeness = sha256_of_all(stable_hashes(header, Likeness::alike)),
                      .stable_fields = hashes.size(),
                      .body = {},
                      .header_size = header_size_,
                      .ended = in_body_,
                      .body_size = body_size_,
                      .trace_id = find_trace_id(header, options_.our_names),
                      .exact = {}};
  digest.body = result_of(*hash_);
  if (exact_) digest.exact = result_of(*exact_);
  return digest;
}

}  // namespace tandem::mail
