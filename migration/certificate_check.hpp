// Whether our own certificates cover the names under which mail programs meet us, and for how long:
// the host name they are told, the names that they ask to set themselves up, and those that people
// have configured. The choice among several certificates is that of TlsServer: by the exact name,
// then *.domain, else the first. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/mail/both_languages.hpp"
#include "lib/net/tls.hpp"
#include "migration/preflight.hpp"

namespace tandem::migration {

struct OwnCertificate {
  std::string file;
  net::CertificateFacts facts;
};

// A name that must be covered.
struct NameInUse {
  enum class Use : std::uint8_t {
    told,   // our host name: every program that sets itself up is told it
    asked,  // autoconfig.DOMAIN, autodiscover.DOMAIN
    seen,   // people's programs came with it
  };
  std::string name;
  Use use = Use::told;
};

struct NameFinding {
  Light light = Light::green;
  std::string name;
  std::string certificate;        // the file of the one that is shown; empty: there is none
  std::optional<WallTime> until;  // when that ends
  mail::BothLanguages what;       // empty when green
  mail::BothLanguages next_step;
};

// In the order of `names`.
[[nodiscard]] std::vector<NameFinding> check_certificates(
    const std::vector<OwnCertificate>& certificates, const std::vector<NameInUse>& names,
    WallTime now);

// "2026-11-24", UTC.
[[nodiscard]] std::string day_of(WallTime time);

}  // namespace tandem::migration
