#include "webui/setup.hpp"

#include <unistd.h>
#include <utility>

#include "config/secret_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::webui {
namespace {

constexpr std::string_view mark = "/#/setup?token=";
constexpr std::size_t token_bytes = 32;

Secret new_token() {
  return Secret(hex_encode(random_bytes(token_bytes)));
}

// The token of a link that an earlier start wrote; a new one where that cannot be read.
Secret token_in(const Secret& link) {
  const std::string_view text = link.reveal();
  const auto at = text.find(mark);
  if (at == text.npos || text.size() != at + mark.size() + 2 * token_bytes) return new_token();
  return Secret(std::string(text.substr(at + mark.size())));
}

Secret link_of(const std::string& public_url, const Secret& token) {
  return Secret(public_url + std::string(mark) + std::string(token.reveal()));
}

}  // namespace

Result<void> SetupLink::open(std::string file, std::string public_url, bool needed) {
  const std::lock_guard lock(mutex_);
  file_ = std::move(file);
  public_url_ = std::move(public_url);
  token_ = Secret();
  if (!needed) {
    ::unlink(file_.c_str());
    return {};
  }
  auto kept = config::read_secret_line(file_);
  if (!kept && kept.error().kind != ErrorKind::not_found) return fail(kept.error());
  token_ = kept ? token_in(*kept) : new_token();
  const Secret link = link_of(public_url_, token_);
  if (kept && *kept == link) return {};
  ::unlink(file_.c_str());
  return config::create_secret_file(file_, link);
}

Result<std::string> SetupLink::link() const {
  const std::lock_guard lock(mutex_);
  if (token_.empty()) return fail(ErrorKind::not_found, "the set-up link was used already");
  return std::string(link_of(public_url_, token_).reveal());
}

bool SetupLink::matches(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  return !token_.empty() && constant_time_equal(sha256(token), sha256(token_.reveal()));
}

void SetupLink::used() {
  const std::lock_guard lock(mutex_);
  token_ = Secret();
  ::unlink(file_.c_str());
}

Result<Secret> open_token(const std::string& file) {
  auto kept = config::read_secret_line(file);
  if (kept && !kept->empty()) return kept;
  if (!kept && kept.error().kind != ErrorKind::not_found) return fail(kept.error());
  if (kept) ::unlink(file.c_str());
  Secret made = new_token();
  const auto written = config::create_secret_file(file, made);
  if (!written) return fail(written.error());
  return made;
}

}  // namespace tandem::webui
