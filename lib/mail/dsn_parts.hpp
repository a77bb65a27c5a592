// The pieces that write_dsn puts together. Internal to lib/mail.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/mail/dsn.hpp"

namespace tandem::mail {

// One line of text, fit for a header field: control bytes and runs of blanks as one blank,
// malformed UTF-8 as '?', at most `limit` bytes of whole characters.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit = 1000);
[[nodiscard]] bool is_ascii(std::string_view text);

// The subject, and the text for people (UTF-8, CR LF, both languages).
[[nodiscard]] std::string dsn_subject(const Dsn& dsn);
[[nodiscard]] std::string dsn_text(const Dsn& dsn);
// The content of message/delivery-status, or with `utf8` of message/global-delivery-status.
[[nodiscard]] std::string dsn_status(const Dsn& dsn, bool utf8);

}  // namespace tandem::mail
