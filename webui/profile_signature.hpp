// Signs what a phone shall install with our own certificate, so that it names us as its maker
// instead of "not signed". CMS, the document inside it (RFC 5652 5), by OpenSSL. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/net/tls.hpp"

namespace tandem::webui {

// DER. Error invalid: the certificate or the key is not one, or they do not belong together.
[[nodiscard]] Result<std::string> signed_document(const net::TlsIdentity& identity,
                                                  std::string_view document);

}  // namespace tandem::webui
