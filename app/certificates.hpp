// Certificates: the PEM files of [tls], and what clients are shown. Read at start; looked at again
// every few seconds: a renewed file is used for new connections, sessions under way keep theirs. A
// file that cannot be used (half written, a key that does not fit) changes nothing; it is said
// once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/process_settings.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/tls.hpp"

namespace tandem::app {

class Certificates {
 public:
  explicit Certificates(std::vector<config::CertificateFiles> files) : files_(std::move(files)) {}

  // Once, at start. Errors: not_found, invalid.
  [[nodiscard]] Result<void> load();
  // Null where no certificate is configured.
  [[nodiscard]] std::shared_ptr<const net::TlsServer> server() const { return server_; }
  // Looks at the files until the group is asked to stop.
  net::Task<void> watch(net::TaskGroup& group);

 private:
  [[nodiscard]] Result<std::vector<net::TlsIdentity>> read() const;
  [[nodiscard]] std::string stamp() const;  // changes with any of the files
  void look();

  const std::vector<config::CertificateFiles> files_;
  std::shared_ptr<net::TlsServer> server_;
  std::string seen_;  // the stamp of what was read last
};

}  // namespace tandem::app
