#include "app/certificates.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

#include "lib/base/log.hpp"
#include "lib/net/sync.hpp"

namespace tandem::app {
namespace {

constexpr Duration interval = std::chrono::seconds(5);

// A renewal writes a new file in place, or moves a link to another one: stat follows it.
std::string stamp_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return "-;";
  return fmt::format("{}.{}.{}.{}.{};", found.st_dev, found.st_ino, found.st_size,
                     found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

}  // namespace

Result<std::vector<net::TlsIdentity>> Certificates::read() const {
  std::vector<net::TlsIdentity> identities;
  for (const auto& file : files_) {
    auto identity = net::read_identity(file.certificate, file.key);
    if (!identity) return fail(identity.error());
    identities.push_back(std::move(*identity));
  }
  return identities;
}

std::string Certificates::stamp() const {
  std::string all;
  for (const auto& file : files_) all += stamp_of(file.certificate) + stamp_of(file.key);
  return all;
}

Result<void> Certificates::load() {
  if (files_.empty()) return {};
  seen_ = stamp();
  const auto identities = read();
  if (!identities) return fail(identities.error());
  auto server = net::TlsServer::create(*identities);
  if (!server) return fail(server.error());
  server_ = std::move(*server);
  return {};
}

void Certificates::look() {
  std::string now = stamp();
  if (now == seen_) return;
  seen_ = std::move(now);
  Result<void> used;
  const auto identities = read();
  if (identities)
    used = server_->reload(*identities);
  else
    used = fail(identities.error());
  if (used)
    log::info("I-TLS-1", "the certificates have changed; new connections are shown the new ones");
  else
    log::warning("W-TLS-1", "changed certificates cannot be used, the earlier ones are kept: {}",
                 used.error().to_string());
}

net::Task<void> Certificates::watch(net::TaskGroup& group) {
  if (server_ == nullptr) co_return;
  net::Notifier stop;
  const auto handle = group.on_stop([&stop] { stop.notify(); });
  while (!group.stopping()) {
    look();
    (void)co_await stop.wait_for(interval);
  }
}

}  // namespace tandem::app
